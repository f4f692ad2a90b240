import { Chat } from '../../index.ts'
import type { Frame } from './client.ts'
import { Client } from './client.ts'
import type { World } from './harness.ts'
import { requirement } from './requirement.ts'
import { websocketWire } from './wires.ts'

interface Named { readonly session: string, readonly epoch: string }

const connect = async ({ url }: World, protocols = ['mse.v1.resume']): Promise<Client> => new Client(await websocketWire(`${url.replace('http', 'ws')}/mse`, protocols))

/** A client that sees what the server says about the link. */
async function join (world: World): Promise<{ client: Client, named: Frame }> {
  const client = await connect(world, ['mse.v1', 'mse.v1.resume'])
  await client.succeed('auth', { token: world.token(), version: '1.0' })
  return { client, named: await client.next() }
}

requirement('MSE-NUM-3', 'counts messages and answers, whatever texts they travel in', async (t, open) => {
  const world = await open()
  const client = await world.join('ada')
  const [session] = world.mse.sessions.values()
  const counts = (): unknown => [session?.record.inbox.received, session?.record.outbox.top]
  const ping = { id: 1, method: 'ping', jsonrpc: '2.0' }
  t.strictSame(counts(), [0, 0], 'neither the auth nor its answer')
  await client.exchange([ping, { ...ping, id: null }, { id: 1, result: 1, jsonrpc: '2.0' }, 7])
  t.strictSame(counts(), [4, 2])
  for (const text of ['{', '[]', '{}', '7']) await client.exchange(text)
  t.strictSame(counts(), [8, 6])
  client.tell('ping')
  await client.exchange([ping])
  t.strictSame(counts(), [10, 7])
})

requirement('MSE-RESUME-1', 'names the session after the answer to its auth', async (t, open) => {
  const world = await open({ limits: { resumeWindowMs: 60_000, heartbeatMs: 15_000 } })
  const { client, named } = await join(world)
  const [[id, session] = []] = [...world.mse.sessions]
  t.strictSame(named, {
    id: null,
    method: '$/session',
    jsonrpc: '2.0',
    params: { session: id, epoch: session?.record.epoch, resumeWindowMs: 60_000, heartbeatMs: 15_000, maxMessageBytes: 262_144 }
  })
  client.wire.leave()
})

requirement('MSE-RESUME-2', 'goes on where it was, with what was missed', async (t, open) => {
  const world = await open({ limits: { resumeWindowMs: 60_000 } })
  const { client, named } = await join(world)
  await client.succeed('ping')
  const { session: id, epoch } = named.params as Named
  client.wire.leave()
  const session = world.mse.sessions.get(id)
  while (session?.transport !== 'none') await new Promise(setImmediate)
  session.notify(Chat, { to: [], message: 'missed' })
  const back = await connect(world)
  t.strictSame(await back.succeed('$/resume', { session: id, epoch, received: 1 }), { resumed: true, received: 1, resumeWindowMs: 60_000 })
  t.match(await back.next(), { method: 'chat', params: { message: 'missed' } })
  t.equal(await back.succeed('ping'), 'pong')
  t.equal(session.record.inbox.received, 2, 'nothing about the link is counted')
  back.wire.leave()
})

requirement('MSE-RESUME-6', 'warns before the token ends', async (t, open) => {
  const world = await open()
  const { client } = await join(world)
  world.clock.advance(3_600_000 - 60_000)
  t.strictSame(await client.next(), { id: null, method: '$/authExpiring', jsonrpc: '2.0', params: { inMs: 60_000 } })
  client.wire.leave()
})
