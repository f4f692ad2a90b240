import t from 'tap'
import { openMemory } from '../faces/memory-world.ts'

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }

t.test('another user\'s session, named with a token of one\'s own, is answered like an unknown one', async (t) => {
  const world = openMemory(t)
  const { session } = world.join('ada')
  const foreign = await world.post(session, ping, { bearer: 'bob' })
  const unknown = await world.post(session, ping, { bearer: 'bob', session: 'b'.repeat(22) })
  t.strictSame(foreign, unknown)
  t.equal(foreign.status, 404)
  t.match(JSON.parse(foreign.body), { id: 1, error: { code: -5001, data: { reason: 'session' } } })
  t.strictSame(await world.face.find(session.id, 'bob', '127.0.0.1'), await world.face.find('b'.repeat(22), 'bob', '127.0.0.1'))
  t.equal((await world.post(session, ping, { bearer: 'ada' })).status, 200)
  t.equal((await world.post(session, ping, { bearer: 'mallory' })).status, 401)
})

t.test('a new numbered body beside a WebSocket is refused with what was received, a repetition is answered', async (t) => {
  const world = openMemory(t)
  const { session, connection } = world.join('ada')
  connection.lost()
  const first = await world.post(session, ping, { seq: '1' })
  world.resume(session, 0)
  const again = await world.post(session, ping, { seq: '1' })
  t.strictSame([again.status, again.body, again.headers['mse-replayed']], [200, first.body, '1'])
  const refused = await world.post(session, ping, { seq: '2' })
  t.strictSame([refused.status, refused.headers['mse-received']], [409, '1'])
  t.equal((await world.post(session, ping)).status, 200, 'without a number it runs')
  t.equal(session.record.inbox.received, 1, 'and takes none')
})

t.test('a body that waits for those before it gives up when a WebSocket takes over', async (t) => {
  const world = openMemory(t)
  const { session, connection } = world.join('ada')
  connection.lost()
  const early = world.post(session, { ...ping, method: 'slow' }, { seq: '2' })
  const back = world.resume(session, 0)
  t.equal((await early).status, 409)
  back.send('ping', undefined, 1)
  t.equal(world.finish.length, 0)
  t.equal(session.record.inbox.received, 1)
})

t.test('a gap is answered 409 after 2 s with what was received', async (t) => {
  const world = openMemory(t)
  const { session, connection } = world.join('ada')
  connection.lost()
  const answer = world.post(session, ping, { seq: '5' })
  world.clock.advance(2_000)
  const { status, headers, body } = await answer
  t.strictSame([status, headers['mse-received'], body], [409, '0', ''])
})

t.test('an answer that was asked for downstream comes there with a number, once', async (t) => {
  const world = openMemory(t)
  const { session, connection } = world.join('ada')
  connection.lost()
  const slow = { ...ping, method: 'slow' }
  const accepted = await world.post(session, slow, { seq: '1', respondAsync: true })
  t.strictSame([accepted.status, accepted.body, accepted.headers['preference-applied']], [202, '', 'respond-async'])
  const again = await world.post(session, slow, { seq: '1', respondAsync: true })
  t.strictSame([again.status, again.headers['mse-replayed']], [202, '1'])
  t.equal(world.finish.length, 1, 'it ran once')
  world.finish[0]?.('done')
  await new Promise(setImmediate)
  t.strictSame(world.resume(session, 0).frames[1], { id: 1, jsonrpc: '2.0', result: 'done' })
})

t.test('an acknowledgement trims, whatever else the body says', async (t) => {
  const world = openMemory(t)
  const { session } = world.join('ada')
  world.tell(session, 'one')
  world.tell(session, 'two')
  await world.post(session, ping, { ack: '1' })
  t.equal(session.record.outbox.dropped, 1)
})

const ack = { jsonrpc: '2.0', method: '$/ack' }

t.test('$/ack by itself is answered with what was received, takes no number, and keeps the session', async (t) => {
  const world = openMemory(t)
  const { session, connection } = world.join('ada')
  connection.lost()
  await world.post(session, ping, { seq: '1' })
  for (const text of ['one', 'two', 'three']) world.tell(session, text)
  world.clock.advance(59_999)
  const { status, body, headers } = await world.post(session, ack, { ack: '1' })
  t.strictSame([status, body, headers['mse-received'], headers['mse-session']], [200, '', '1', session.id])
  t.equal(session.record.outbox.dropped, 1)
  await world.post(session, { ...ack, id: null, params: { received: 2 } })
  t.equal(session.record.outbox.dropped, 2, 'as on a WebSocket')
  await world.post(session, ack, { seq: '2' })
  t.match((await world.post(session, ping, { seq: '2' })).headers, { 'mse-received': '2' }, 'the number was free')
  world.clock.advance(59_999)
  t.equal(session.ended, null)
  t.match(JSON.parse((await world.post(session, { ...ack, id: 1 })).body), { id: 1, error: { code: -32601 } }, 'with an id it is a request')
})

t.test('$/ack costs nothing when it lets go of something, otherwise it counts; it is answered all the same', async (t) => {
  const world = openMemory(t, { messageBurst: 4, messagesPerSecond: 1 })
  const { session } = world.join('ada')
  const statuses: number[] = []
  for (let n = 1; n <= 100; n++) {
    world.tell(session, `${n}`)
    statuses.push((await world.post(session, ack, { ack: String(n) })).status)
  }
  t.equal((await world.post(session, ping)).status, 200)
  for (let n = 1; n <= 10; n++) statuses.push((await world.post(session, ack, { ack: '100' })).status)
  t.ok(statuses.every((status) => status === 200))
  t.equal((await world.post(session, ping)).status, 429)
  const ticket = await world.post(session, { ...ping, method: '$/ticket' })
  t.strictSame([ticket.status, ticket.headers['retry-after']], [429, '1'], 'a ticket is refused like any other request')
})

t.test('a number that is none is answered 400 before anything runs', async (t) => {
  const world = openMemory(t)
  const { session } = world.join('ada')
  for (const seq of ['-1', '1.5', 'x', '99999999999999999', '1\n2']) t.equal((await world.post(session, ping, { seq })).status, 400, seq)
})

t.test('a body above the limit of strangers is parsed only when its sender may send one', async (t) => {
  const world = openMemory(t, { maxUnauthenticatedMessageBytes: 300 })
  const { session } = world.join('ada')
  const body = { ...ping, params: { text: 'x'.repeat(300) } }
  const parsed = t.capture(JSON, 'parse', JSON.parse)
  t.equal((await world.post(null, body)).status, 413)
  t.equal((await world.post(null, body, { bearer: 'mallory' })).status, 401)
  t.equal((await world.post(session, body, { bearer: 'mallory' })).status, 401)
  t.equal((await world.post(null, body, { session: 'b'.repeat(22) })).status, 404)
  t.strictSame(parsed(), [])
  t.equal((await world.post(session, body)).status, 200)
  t.equal((await world.post(null, body, { bearer: 'bob' })).status, 200)
  t.equal(parsed().length, 2)
})
