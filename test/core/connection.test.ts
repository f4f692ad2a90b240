import t from 'tap'
import { chatsIn, openMemory } from '../faces/memory-world.ts'

const acks = (client: { link: { controls: ReadonlyArray<{ name: string, data: unknown }> } }): unknown[] =>
  client.link.controls.filter(({ name }) => name === 'ack').map(({ data }) => data)

t.test('an idle session, to which nothing was ever sent, resumes', async (t) => {
  const world = openMemory(t)
  const { connection, session } = world.join('ada')
  connection.lost()
  const back = world.resume(session, 0)
  t.strictSame(back.answer, { resumed: true, received: 0, resumeWindowMs: 60_000 })
  t.equal(back.frames.length, 1)
  world.clock.advance(86_400_000)
  t.equal(session.ended, null, 'and stays while there is a link')
})

t.test('says why it cannot go on, and the link can still authenticate', async (t) => {
  const world = openMemory(t)
  const { session } = world.join('ada')
  world.tell(session, 'one')
  t.strictSame(world.resume(session, 0, 'otherone').answer, { resumed: false, reason: 'epoch' })
  t.strictSame(world.resume(session, 2).answer, { resumed: false, reason: 'gap' })
  const unknown = world.resume({ ...session, id: 'a'.repeat(22), record: session.record } as never, 0)
  t.strictSame(unknown.answer, { resumed: false, reason: 'unknown' })
  unknown.send('auth', { token: 'bob', version: '1.0' }, 2)
  t.match(unknown.frames.at(-1), { result: 'authenticated' })
  session.end({ code: 1000, text: '' })
  t.strictSame(world.resume(session, 0).answer, { resumed: false, reason: 'expired' })
})

t.test('answers $/resume with an error when it is not first, when it is malformed, and other $/ names', async (t) => {
  const world = openMemory(t)
  const { session } = world.join('ada')
  const late = world.connect()
  late.send('ping', undefined, 1)
  late.send('$/resume', { session: session.id, epoch: session.record.epoch, received: 0 }, 2)
  t.match(late.frames[1], { id: 2, error: { code: -6001 } })
  const malformed = world.connect()
  malformed.send('$/resume', { session: session.id }, 3)
  t.match(malformed.frames[0], { id: 3, error: { code: -32602 } })
  malformed.send('$/other', {}, 4)
  t.match(malformed.frames[1], { id: 4, error: { code: -32601 } })
})

t.test('the newest attach wins, and the older link is closed with 4509', async (t) => {
  const world = openMemory(t)
  const old = world.join('ada')
  const first = world.resume(old.session, 0)
  const second = world.resume(old.session, 0)
  t.strictSame([old, first, second].map(({ link }) => link.closed?.code), [4509, 4509, undefined])
  world.tell(old.session, 'one')
  t.strictSame(chatsIn(second.frames), ['one'])
  first.connection.lost()
  t.equal(world.server.find(old.session.id), old.session, 'the end of an older link changes nothing')
})

t.test('what still comes by a superseded link is not run, not counted and breaks nothing', async (t) => {
  const world = openMemory(t, { maxMessageBytes: 1_000 })
  const old = world.join('ada')
  old.send('slow', undefined, 1)
  const back = world.resume(old.session, 0)
  t.match(back.answer, { received: 1 })
  old.send('slow', undefined, 2)
  old.connection.receive('x'.repeat(1_001))
  old.connection.fail({ code: 4500, text: 'broken' })
  t.equal(world.finish.length, 1)
  t.equal(old.session.record.inbox.received, 1)
  t.equal(old.session.ended, null)
})

t.test('a call in flight at the break is answered once, on the next link', async (t) => {
  const world = openMemory(t)
  const { connection, session, send } = world.join('ada')
  send('slow', undefined, 1)
  connection.lost()
  world.finish[0]?.('done')
  await session.signal
  await new Promise(setImmediate)
  const back = world.resume(session, 0)
  t.strictSame(back.frames[1], { id: 1, jsonrpc: '2.0', result: 'done' })
  t.equal(back.frames.length, 2)
  back.connection.lost()
  t.equal(world.resume(session, 1).frames.length, 1, 'an acknowledged answer does not come again')
})

t.test('acknowledges every 16 messages, fewer after 5 s, and nothing when nothing came', async (t) => {
  const world = openMemory(t)
  const ada = world.join('ada')
  for (let n = 0; n < 15; n++) ada.send('chat', { to: [], message: 'x' })
  t.strictSame(acks(ada), [])
  ada.send('chat', { to: [], message: 'x' })
  t.strictSame(acks(ada), [{ received: 16 }])
  ada.send('chat', { to: [], message: 'x' })
  world.clock.advance(4_999)
  t.strictSame(acks(ada).length, 1)
  world.clock.advance(1)
  t.strictSame(acks(ada), [{ received: 16 }, { received: 17 }])
  world.clock.advance(60_000)
  t.strictSame(acks(ada).length, 2)
})

t.test('numbers begin after the answer to the auth that minted the session', async (t) => {
  const world = openMemory(t)
  const ada = world.connect()
  ada.send('ping', undefined, 0)
  ada.send('auth', { token: 'ada', version: '1.0' }, 1)
  const { record } = ada.connection.session
  t.strictSame([record.outbox.top, record.inbox.received], [0, 0])
  t.strictSame(ada.link.controls.map(({ name }) => name), ['session'])
  ada.connection.receive('[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]')
  t.strictSame([record.outbox.top, record.inbox.received], [2, 3])
  ada.connection.receive('no message')
  t.strictSame([record.outbox.top, record.inbox.received], [3, 4])
  ada.send('$/ack', { received: 3 })
  t.strictSame([record.outbox.dropped, record.inbox.received], [3, 4])
})

t.test('an acknowledgement that lets go of something costs nothing, one that does not counts, as any other $/ message does', async (t) => {
  const world = openMemory(t, { messageBurst: 5, messagesPerSecond: 1 })
  const client = world.join('ada')
  const { session, send } = client
  for (let n = 1; n <= 200; n++) {
    world.tell(session, `${n}`)
    send('$/ack', { received: n })
  }
  t.equal(session.record.outbox.dropped, 200)
  send('$/ack', { received: 200 })
  send('$/ack', { received: 'x' })
  send('$/other')
  for (const id of [1, 2]) send('ping', undefined, id)
  send('$/other', {}, 3)
  const answers = (client.frames as Array<{ id: number | null }>).filter(({ id }) => id !== null && id > 0)
  t.match(answers, [{ id: 1, result: 'pong' }, { id: 2, error: { code: -8001 } }, { id: 3, error: { code: -8001, data: { retryAfterMs: Number } } }])
  t.equal(answers.length, 3)
})

t.test('$/ack with an id is a request, and there is none of that name', async (t) => {
  const world = openMemory(t)
  const { session, send, link } = world.join('ada')
  world.tell(session, 'one')
  send('$/ack', { received: 1 }, 7)
  t.match(JSON.parse(link.frames.at(-1) ?? ''), { id: 7, error: { code: -32601 } })
  t.equal(session.record.outbox.dropped, 0)
})
