import { requirement } from './requirement.ts'
import { PING, carriedBy, openCaller, reader } from './requests.ts'

const STREAM = 'text/event-stream'

requirement('MSE-EVENTS-1', 'opens with the position, and asks proxies not to hold it back', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  await caller.post(PING)
  const response = await caller.get(STREAM)
  t.match(response.headers.get('content-type'), /^text\/event-stream/)
  t.strictSame([response.headers.get('cache-control'), response.headers.get('x-accel-buffering')], ['no-cache, no-transform', 'no'])
  const first = await reader(response)()
  t.match(first, { event: 'open', id: `${caller.epoch}.0` })
  t.match(JSON.parse(first?.data ?? ''), { resumed: false, received: 1, heartbeatMs: Number })
})

requirement('MSE-EVENTS-2', 'numbers its messages, and goes on after the one that a client names', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  caller.tell('one\n', 'two', 'three')
  const next = reader(await caller.get(STREAM))
  t.match(await next(), { event: 'open' })
  const [one, two] = [await next(), await next()]
  t.match(one, { event: 'message', id: `${caller.epoch}.1` })
  t.strictSame(JSON.parse(one?.data ?? ''), { id: null, method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'one\n' } })
  const again = reader(await caller.get(STREAM, { 'last-event-id': two?.id ?? '' }))
  const opened = await again()
  t.match([opened, JSON.parse(opened?.data ?? '')], [{ event: 'open', id: two?.id }, { resumed: true }])
  t.match(await again(), { id: `${caller.epoch}.3`, data: /three/ })
})

requirement('MSE-EVENTS-3', 'tells of a position that it cannot honour, and goes on at what it has', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  caller.tell('one', 'two')
  caller.session.acknowledge(1)
  for (const [position, reason] of [[`${caller.epoch}.0`, 'gap'], [`${caller.epoch}.9`, 'gap'], ['another1.1', 'epoch']] as const) {
    const next = reader(await caller.get(STREAM, { 'last-event-id': position }))
    t.match(await next(), { event: 'open', id: `${caller.epoch}.1`, data: /"resumed":false/ })
    t.match(await next(), { event: 'reset', data: JSON.stringify({ reason }) })
    t.match(await next(), { id: `${caller.epoch}.2`, data: /two/ })
  }
  t.equal(caller.session.ended, null)
})

requirement('MSE-EVENTS-4', 'shows that it lives', async (t, open) => {
  const world = await open({ limits: { heartbeatMs: 15_000 } })
  const next = reader(await (await openCaller(world)).get(STREAM))
  t.match(JSON.parse((await next())?.data ?? ''), { heartbeatMs: 15_000 })
  for (let count = 0; count < 2; count++) {
    world.clock.advance(15_000)
    t.match(await next(), { event: 'ping', id: undefined, data: '{}' })
  }
})

requirement('MSE-EVENTS-5', 'warns before the token ends', async (t, open) => {
  const world = await open()
  const next = reader(await (await openCaller(world)).get(STREAM))
  await next()
  world.clock.advance(3_600_000 - 60_000)
  t.match(await next(), { event: 'authExpiring', data: '{"inMs":60000}' })
})

requirement('MSE-EVENTS-6', 'says when there is no coming back, and only then', async (t, open) => {
  const world = await open()
  for (const [code, end] of [[1000, true], [4509, true], [1012, false], [4000, false]] as const) {
    const caller = await openCaller(world)
    const next = reader(await caller.get(STREAM))
    await next()
    caller.session.end({ code, text: '' })
    if (end) t.match(await next(), { event: 'end', data: JSON.stringify({ code }) })
    t.equal(await next(), undefined, 'nothing else')
    t.equal((await caller.get(STREAM)).status, 204)
  }
})

requirement('MSE-EVENTS-7', 'gives a stream for a ticket, once and in time', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  caller.tell('one', 'two')
  const ticket = async (): Promise<string> => {
    const { result } = await (await caller.post({ ...PING, method: '$/ticket' })).json() as { result: { ticket: string, expiresInMs: number } }
    t.equal(result.expiresInMs, 30_000)
    return result.ticket
  }
  const redeem = (key: string): Promise<Response> => fetch(`${world.url}/mse?ticket=${key}&last=${caller.epoch}.1`, { headers: { accept: STREAM } })
  const [first, second] = [await ticket(), await ticket()]
  t.equal(caller.session.record.inbox.received, 0, 'it takes no number')
  const next = reader(await redeem(first))
  t.match([await next(), await next()], [{ event: 'open', data: /"resumed":true/ }, { id: `${caller.epoch}.2` }])
  t.equal((await redeem(first)).status, 404, 'once')
  world.clock.advance(30_000)
  t.equal((await redeem(second)).status, 404, 'in time')
})

requirement('MSE-EVENTS-8', 'ends an older stream when there is a newer one', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  const older = reader(await caller.get(STREAM))
  await older()
  const newer = reader(await caller.get(STREAM))
  t.match(await older(), { event: 'end', data: '{"code":4509}' })
  await newer()
  caller.tell('one')
  t.match(await newer(), { id: `${caller.epoch}.1` })
  const polled = caller.get('application/json', { 'last-event-id': `${caller.epoch}.1` })
  t.match(await newer(), { event: 'end', data: '{"code":4509}' })
  await carriedBy(caller.session, 'poll')
  caller.session.end({ code: 1000, text: '' })
  await (await polled).text()
})
