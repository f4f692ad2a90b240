import { Chat } from '../../index.ts'
import { addGate } from './gate.ts'
import { requirement } from './requirement.ts'

/** A ping of exactly so many bytes. */
function pingOf (bytes: number, fill = 'x'): string {
  const empty = '{"id":1,"method":"ping","jsonrpc":"2.0","params":{"fill":""}}'
  const left = bytes - empty.length
  const size = Buffer.byteLength(fill)
  return empty.replace('""', `"${fill.repeat(left / size)}${'x'.repeat(left % size)}"`)
}

requirement('MSE-LIMIT-1', 'closes with 1009 on a text that is too large, counted in bytes', async (t, open) => {
  const world = await open()
  const [ascii, umlauts] = [await world.open(), await world.open()]
  t.match(await ascii.exchange(pingOf(16_384)), { result: 'pong' }, 'exactly the limit')
  ascii.send(pingOf(16_385))
  await ascii.isClosed(t, 1009)
  t.match(await umlauts.exchange(pingOf(16_384, 'ü')), { result: 'pong' })
  umlauts.send(pingOf(16_386, 'ü'))
  await umlauts.isClosed(t, 1009)
  const member = await world.join('ada')
  t.match(await member.exchange(pingOf(262_144)), { result: 'pong' })
  member.send(pingOf(262_145))
  await member.isClosed(t, 1009)

  const slow = await open({ jwt: { verify: async () => ({ userId: 'ada', roomId: 'lobby' }) } })
  const hasty = await slow.open()
  hasty.request('auth', { token: 'x', version: '1.0' })
  hasty.send(pingOf(16_385))
  const lines = [await hasty.wire.next()].filter((line) => line !== null)
  t.ok(lines.every((line) => line.includes('authenticated')), 'behind an auth under way the smaller limit holds')
  t.equal(await hasty.closed, 1009)
})

requirement('MSE-LIMIT-2', 'runs a burst and then so many a second, whatever they are', async (t, open) => {
  const world = await open({ limits: { messageBurst: 7, messagesPerSecond: 2 } })
  const client = await world.join('ada')
  client.send('{bad')
  t.match(await client.next(), { error: { code: -32700 } })
  client.send({ method: 'ping', jsonrpc: '2.0' })
  client.send({ id: 1, result: 1, jsonrpc: '2.0' })
  const ping = (id: number): object => ({ id, method: 'ping', jsonrpc: '2.0' })
  t.match(await client.exchange([ping(1), ping(2), ping(3), ping(4)]), [{ result: 'pong' }, { result: 'pong' }, { result: 'pong' }, { error: { code: -8001 } }], 'a member counts as one')
  client.send({ method: 'ping', jsonrpc: '2.0' })
  t.match(await client.fail('ping'), { code: -8001 })
  t.equal(world.mse.counters.refusedByLimit, 3, 'the notification among them')
  world.clock.advance(1_000)
  t.match([await client.call('ping'), await client.call('ping'), await client.call('ping')], [{ result: 'pong' }, { result: 'pong' }, { error: { code: -8001 } }], 'two a second')
})

requirement('MSE-LIMIT-3', 'closes with 4029 who goes on after ten bursts of refusals', async (t, open) => {
  const world = await open({ limits: { messageBurst: 3, messagesPerSecond: 1 } })
  const client = await world.join('ada')
  for (let count = 0; count < 2; count++) t.equal(await client.succeed('ping'), 'pong')
  for (let count = 0; count < 30; count++) await client.fail('ping')
  t.match(await client.fail('ping'), { code: -8001 }, 'the last is answered, too')
  await client.isClosed(t, 4029)

  const held = await open({ limits: { messageBurst: 3, messagesPerSecond: 1, maxMessageBytes: 1_000 } })
  const gate = addGate(held)
  const hasty = await held.join('ada')
  hasty.send([{ id: 1, method: 'gate', jsonrpc: '2.0' }])
  await gate.entered
  hasty.request('ping', { fill: 'x'.repeat(800) })
  for (let count = 0; count < 32; count++) t.match(await hasty.fail('ping', { fill: 'x'.repeat(200) }), { code: -8001 }, 'there is no room to wait in')
  await hasty.isClosed(t, 4029)
})

requirement('MSE-LIMIT-4', 'refuses a call more than may be in flight', async (t, open) => {
  const world = await open({ limits: { maxCallsInFlight: 2 } })
  const gate = addGate(world)
  const [client, other] = [await world.join('ada'), await world.join('bob')]
  const ids = [client.request('gate'), client.request('gate')]
  t.match(await client.fail('gate'), { code: -8001, data: { retryAfterMs: 100 } })
  t.match(await client.fail('ping'), { code: -8001 })
  t.equal(await other.succeed('ping'), 'pong', 'each session has its own')
  gate.open()
  t.strictSame([(await client.next()).id, (await client.next()).id].sort(), ids)
  t.equal(await client.succeed('gate'), null, 'its place is free again')
})

requirement('MSE-LIMIT-5', 'answers -32603 for a call that does not settle, once', async (t, open) => {
  const world = await open({ limits: { maxCallsInFlight: 1 } })
  const gate = addGate(world)
  const client = await world.join('ada')
  const id = client.request('gate')
  await gate.entered
  world.clock.advance(29_999)
  t.match(await client.fail('ping'), { code: -8001 }, 'it has its place')
  world.clock.advance(1)
  t.match(await client.next(), { id, error: { code: -32603, data: { errorId: /^[\w-]{12}$/ } } })
  gate.open()
  await client.isSilent(t, 'its place is free, and what came late is not sent')
})

requirement('MSE-LIMIT-6', 'closes with 4000 who does not read', async (t, open) => {
  // Otherwise a session that can resume would outlive its link.
  const world = await open({ limits: { resumeWindowMs: 0 } })
  const [slow, quick] = [await world.join('ada'), await world.join('bob', { roomId: 'attic' })]
  const codes: number[] = []
  world.mse.on('ended', ({ reason }) => { codes.push(reason.code) })
  slow.wire.stall()
  const message = 'x'.repeat(262_144)
  for (let count = 0; count < 1_000 && codes.length === 0; count++) world.mse.room('lobby').notify(Chat, { to: [], message })
  t.strictSame(codes, [4000])
  t.equal(world.mse.room('lobby').size, 0)
  await quick.isSilent(t, 'others go on')
})
