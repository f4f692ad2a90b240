import { defineMethod } from '../../index.ts'
import type { Frame } from './client.ts'
import { addGate } from './gate.ts'
import { requirement } from './requirement.ts'

const ping = (id: unknown): object => ({ id, method: 'ping', jsonrpc: '2.0' })
const pong = (id: unknown): object => ({ id, jsonrpc: '2.0', result: 'pong' })
const NO_MESSAGE = (id: unknown = null): object => ({ id, jsonrpc: '2.0', error: { code: -1001, message: 'Invalid json rpc 2.0 object' } })

requirement('MSE-BATCH-1', 'runs a batch in order and answers with one array', async (t, open) => {
  const world = await open()
  const ran: string[] = []
  world.mse.use((call, next) => {
    ran.push(call.contract.name)
    return next()
  })
  const client = await world.open()
  const token = world.token()
  const answers = await client.exchange<Frame[]>([
    { id: 1, method: 'start', jsonrpc: '2.0' },
    { id: 2, method: 'auth', jsonrpc: '2.0', params: { token, version: '1.0' } },
    { id: 3, method: 'start', jsonrpc: '2.0' },
    { id: null, method: 'sdpOffer', jsonrpc: '2.0', params: { offer: { type: 'offer', sdp: 'v=0' } } },
    ping('4')
  ])
  t.match(answers, [{ id: 1, error: { code: -5001 } }, { id: 2, result: 'authenticated' }, { id: 3, result: 'started' }, pong('4')])
  t.equal(answers.length, 4)
  t.strictSame(ran, ['auth', 'start', 'sdpOffer', 'ping'])
  t.strictSame(world.engine.peers[0]?.descriptions, [{ type: 'offer', sdp: 'v=0' }])
})

requirement('MSE-BATCH-2', 'does not answer a batch without requests', async (t, open) => {
  const client = await (await open()).open()
  client.send([{ method: 'ping', jsonrpc: '2.0' }, { id: null, method: 'nope', jsonrpc: '2.0' }, { id: 1, result: 1, jsonrpc: '2.0' }])
  await client.isSilent(t)
})

requirement('MSE-BATCH-3', 'answers one -1001 to an empty batch and to one of 33, and runs nothing', async (t, open) => {
  const world = await open()
  let ran = 0
  world.mse.use((_call, next) => {
    ran++
    return next()
  })
  const client = await world.open()
  t.strictSame(await client.exchange([]), NO_MESSAGE())
  t.strictSame(await client.exchange(Array.from({ length: 33 }, (_, id) => ping(id))), NO_MESSAGE())
  t.equal(ran, 0)
  const answers = await client.exchange<Frame[]>(Array.from({ length: 32 }, (_, id) => ping(id)))
  t.strictSame(answers, Array.from({ length: 32 }, (_, id) => pong(id)), '32 are a batch')
})

requirement('MSE-BATCH-4', 'answers -1001 in the place of a member that is no message', async (t, open) => {
  const client = await (await open()).open()
  t.strictSame(await client.exchange([1, ping(1), { id: 2 }, [ping(3)], [], null, ping(4)]), [NO_MESSAGE(), pong(1), NO_MESSAGE(2), NO_MESSAGE(), NO_MESSAGE(), NO_MESSAGE(), pong(4)])
})

requirement('MSE-BATCH-5', 'answers a batch of one with an array of one', async (t, open) => {
  const client = await (await open()).open()
  t.strictSame(await client.exchange([ping(1)]), [pong(1)])
  t.strictSame(await client.exchange([1]), [NO_MESSAGE()])
})

requirement('MSE-ORDER-1', 'lets a quick answer overtake a slow call', async (t, open) => {
  const world = await open()
  const gate = addGate(world)
  const client = await world.join('ada')
  const slow = client.request('gate')
  t.equal(await client.succeed('ping'), 'pong')
  gate.open()
  t.strictSame(await client.next(), { id: slow, jsonrpc: '2.0', result: null })
})

requirement('MSE-ORDER-2', 'lets later messages wait for auth, start, methods that others come after, and batches', async (t, open) => {
  const world = await open({ jwt: { verify: async () => ({ userId: 'ada', roomId: 'lobby' }) } })
  world.engine.beforeJoin = async () => { await null }
  const gate = addGate(world, 'unlock')
  world.mse.method(defineMethod({ name: 'enter', access: 'public', after: ['unlock'] }), () => null)
  const client = await world.open()
  const ids = [
    client.request('auth', { token: 'x', version: '1.0' }), client.request('start'), client.request('sdpOffer', { offer: 'v=0' }),
    client.request('unlock'), client.request('enter'), client.request('ping')
  ]
  await gate.entered
  gate.open()
  const frames: Frame[] = []
  while (frames.length < ids.length) frames.push(await client.next())
  // The answers to several POSTs come on several connections.
  if (world.transport !== 'post') t.strictSame(frames.map(({ id }) => id), ids, 'in order')
  const answers = ids.map((id) => frames.find((frame) => frame.id === id)?.result)
  t.strictSame(answers, ['authenticated', 'started', null, null, null, 'pong'])
})

requirement('MSE-ORDER-3', 'answers -8001 to what comes when too much waits already', async (t, open) => {
  const world = await open({ limits: { maxMessageBytes: 1_000 } })
  const gate = addGate(world)
  const client = await world.join('ada')
  client.send([{ id: 1, method: 'gate', jsonrpc: '2.0' }])
  client.send({ id: 2, method: 'ping', jsonrpc: '2.0', params: { fill: 'x'.repeat(800) } })
  t.match(await client.exchange({ id: 3, method: 'ping', jsonrpc: '2.0', params: { fill: 'x'.repeat(300) } }), { id: 3, error: { code: -8001, data: { retryAfterMs: Number } } })
  gate.open()
  t.strictSame(await client.next(), [{ id: 1, jsonrpc: '2.0', result: null }])
  t.strictSame(await client.next(), pong(2), 'what waited is answered')
  await client.isSilent(t, 'what was refused did not run')
})
