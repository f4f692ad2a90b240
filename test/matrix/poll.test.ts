import { requirement } from './requirement.ts'
import { carriedBy, openCaller } from './requests.ts'

interface Item { readonly id: string, readonly message: { readonly params: { readonly message: string } } }

const JSON_TYPE = 'application/json'
const items = async (response: Response): Promise<Item[]> => await response.json() as Item[]

requirement('MSE-POLL-1', 'waits for a message, and not for ever', async (t, open) => {
  const world = await open({ limits: { pollTimeoutMs: 25_000 } })
  const caller = await openCaller(world)
  const waiting = caller.get(JSON_TYPE)
  await carriedBy(caller.session, 'poll')
  caller.tell('one')
  const response = await waiting
  t.equal(response.status, 200)
  t.strictSame(await items(response) as unknown[], [{ id: `${caller.epoch}.1`, message: { id: null, method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'one' } } }])
  const idle = caller.get(JSON_TYPE, { 'last-event-id': `${caller.epoch}.1` })
  await carriedBy(caller.session, 'poll')
  t.equal(caller.session.record.outbox.dropped, 1, 'which acknowledges')
  world.clock.advance(24_999)
  t.equal(caller.session.transport, 'poll')
  world.clock.advance(1)
  t.equal((await idle).status, 204)
})

requirement('MSE-POLL-2', 'carries 32 at the most', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  caller.tell(...Array.from({ length: 40 }, (_, index) => `${index}`))
  const first = await items(await caller.get(JSON_TYPE))
  const rest = await items(await caller.get(JSON_TYPE, { 'last-event-id': first.at(-1)?.id ?? '' }))
  t.strictSame([first.length, rest.length], [32, 8])
  t.strictSame([...first, ...rest].map(({ message }) => message.params.message), Array.from({ length: 40 }, (_, index) => `${index}`))
})

requirement('MSE-POLL-3', 'tells of a position that it cannot honour, and takes nothing from a poll that waits', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  caller.tell('one')
  caller.session.acknowledge(1)
  const waiting = caller.get(JSON_TYPE, { 'last-event-id': `${caller.epoch}.1` })
  await carriedBy(caller.session, 'poll')
  for (const [position, reset] of [[`${caller.epoch}.0`, 'gap'], ['another1.1', 'epoch']] as const) {
    t.strictSame(await (await caller.get(JSON_TYPE, { 'last-event-id': position })).json(), [{ id: `${caller.epoch}.1`, reset }])
  }
  caller.tell('two')
  t.match(await items(await waiting), [{ id: `${caller.epoch}.2` }])
})

requirement('MSE-POLL-4', 'tells an idle session from one that is over', async (t, open) => {
  const world = await open({ limits: { pollTimeoutMs: 25_000 } })
  const caller = await openCaller(world)
  const told = ({ status, headers }: Response): unknown[] => [status, headers.get('mse-epoch'), headers.get('mse-received')]
  const idle = caller.get(JSON_TYPE)
  await carriedBy(caller.session, 'poll')
  world.clock.advance(25_000)
  t.strictSame(told(await idle), [204, caller.epoch, '0'])
  caller.session.end({ code: 1000, text: '' })
  t.strictSame(told(await caller.get(JSON_TYPE)), [204, null, null])
  t.strictSame(told(await caller.get(JSON_TYPE, { 'mse-session': 'x'.repeat(22) })), [404, null, null])
})

requirement('MSE-POLL-5', 'answers an older poll when there is a newer one', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  const older = caller.get(JSON_TYPE)
  await carriedBy(caller.session, 'poll')
  const newer = caller.get(JSON_TYPE)
  t.equal((await older).status, 204)
  await carriedBy(caller.session, 'poll')
  caller.tell('one')
  t.match(await items(await newer), [{ id: `${caller.epoch}.1` }])
})

requirement('MSE-POLL-6', 'waits no longer than its client wants to', async (t, open) => {
  const world = await open({ limits: { pollTimeoutMs: 25_000 } })
  const caller = await openCaller(world)
  const short = caller.get(JSON_TYPE, { prefer: 'respond-async, wait=3' })
  await carriedBy(caller.session, 'poll')
  world.clock.advance(2_999)
  t.equal(caller.session.transport, 'poll')
  world.clock.advance(1)
  t.equal((await short).status, 204)
  const atOnce = caller.get(JSON_TYPE, { prefer: 'wait=0' })
  await carriedBy(caller.session, 'poll')
  world.clock.advance(0)
  t.equal((await atOnce).status, 204)
  caller.tell('one')
  t.equal((await items(await caller.get(JSON_TYPE, { prefer: 'wait=0' }))).length, 1, 'and gets what there is')
  const long = caller.get(JSON_TYPE, { prefer: 'wait=999', 'last-event-id': `${caller.epoch}.1` })
  await carriedBy(caller.session, 'poll')
  world.clock.advance(25_000)
  t.equal((await long).status, 204, 'the server keeps its own limit')
})
