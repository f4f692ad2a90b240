import type { Mse } from '../../index.ts'
import { requirement } from './requirement.ts'
import { PING, openCaller, post } from './requests.ts'

const PONG = { id: 1, jsonrpc: '2.0', result: 'pong' }
const call = (method: string, params?: object): object => ({ id: 1, method, jsonrpc: '2.0', params })

requirement('MSE-POST-1', 'names the session that an auth opened, and stands alone without one', async (t, open) => {
  const world = await open()
  const alone = await post(world, PING)
  t.strictSame([alone.status, await alone.json(), alone.headers.get('mse-session'), alone.headers.get('cache-control')], [200, PONG, null, 'no-store'])
  const auth = await post(world, call('auth', { token: world.token(), version: '1.0' }))
  const [[id, session] = []] = [...world.mse.sessions]
  t.strictSame([auth.headers.get('mse-session'), auth.headers.get('mse-epoch'), auth.headers.get('mse-received')], [id, session?.record.epoch, '0'])
  const within = await post(world, [PING, PING], { 'mse-session': id ?? '' })
  t.strictSame([within.headers.get('mse-session'), within.headers.get('mse-received'), within.headers.get('cache-control')], [id, '2', 'no-store'])
  t.match(await (await post(world, call('start'))).json(), { error: { code: -5001 } }, 'another POST without it is a stranger')
})

requirement('MSE-POST-2', 'tells the fate of the transport by the status', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  const outcomes = [
    [caller.post(PING), 200, 'pong'], [caller.post(call('nope')), 200, '-32601'], [caller.post({ ...PING, id: null }), 200, ''],
    [caller.post('{'), 400, '-32700'], [caller.post({}), 400, '-1001'], [caller.post(PING, { 'mse-seq': 'x' }), 400, ''], [post(world, PING, { origin: 'http://evil.example' }), 403, '']
  ] as const
  for (const [answer, status, part] of outcomes) {
    const response = await answer
    const text = await response.text()
    t.equal(response.status, status)
    t.ok(part === '' ? text === '' : text.includes(part), text)
  }
})

requirement('MSE-POST-3', 'answers a repetition again without running it, while the answer is kept', async (t, open) => {
  const world = await open()
  let ran = 0
  world.mse.use((_call, next) => {
    ran++
    return next()
  })
  const caller = await openCaller(world)
  const batch = [PING, { ...PING, id: null }]
  const first = await caller.post(batch, { 'mse-seq': '1' })
  const again = await caller.post(batch, { 'mse-seq': '1' })
  t.strictSame([first.headers.get('mse-replayed'), again.headers.get('mse-replayed')], [null, '1'])
  t.equal(await again.text(), await first.text())
  t.equal(ran, 3, 'with the auth')
  t.equal(caller.session.record.outbox.top, 0, 'it has no number')
  world.clock.advance(60_000)
  const late = await caller.post(batch, { 'mse-seq': '1' })
  t.strictSame([late.status, late.headers.get('mse-received'), await late.text()], [409, '2', ''])
})

requirement('MSE-POST-5', 'takes a Bearer for an auth before the body', async (t, open) => {
  const world = await open()
  const good = await post(world, call('start'), { authorization: `Bearer ${world.token()}` })
  t.match(await good.json(), { result: 'started' })
  t.match(good.headers.get('mse-session'), /^[\w-]{22}$/)
  t.equal(good.headers.get('mse-received'), '1', 'the body has a number already')
  const bad = await post(world, PING, { authorization: 'Bearer no.jwt.here' })
  t.strictSame([bad.status, bad.headers.get('www-authenticate')], [401, 'Bearer'])
  t.match(await bad.json(), { id: 1, error: { code: -4001 } })
})

requirement('MSE-POST-6', 'answers for a session that is over, unknown or another user\'s alike', async (t, open) => {
  const world = await open()
  const [caller, over] = [await openCaller(world), await openCaller(world, 'bob')]
  over.session.end({ code: 1000, text: '' })
  const answers = [over.post(PING), post(world, PING, { 'mse-session': 'x'.repeat(22) }), caller.post(PING, { authorization: `Bearer ${world.token({ userId: 'eve' })}` })]
  for (const answer of answers) {
    const response = await answer
    t.equal(response.status, 404)
    t.strictSame(await response.json(), { id: 1, jsonrpc: '2.0', error: { code: -5001, message: 'Unauthorized Access', data: { reason: 'session' } } })
  }
  t.equal((await caller.post(PING, { authorization: `Bearer ${world.token({ userId: 'ada' })}` })).status, 200)
})

requirement('MSE-POST-7', 'takes JSON in UTF-8 as it is and nothing else', async (t, open) => {
  const world = await open()
  for (const [headers, status] of [
    [{ 'content-type': 'application/json-rpc' }, 200], [{ 'content-type': 'application/json; charset=utf-8' }, 200],
    [{ 'content-type': 'text/plain' }, 415], [{ 'content-type': 'application/json; charset=latin1' }, 415], [{ 'content-encoding': 'gzip' }, 415], [{ accept: 'text/html' }, 406]
  ] as const) t.equal((await post(world, PING, headers)).status, status, JSON.stringify(headers))
  const put = await fetch(`${world.url}/mse`, { method: 'PUT' })
  t.equal(put.status, 405)
  t.match(put.headers.get('allow'), /^GET, POST, DELETE/)
})

requirement('MSE-POST-8', 'answers downstream where there is one, and in the body where there never was', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  const async = { prefer: 'respond-async' }
  t.strictSame(await (await caller.post(PING, async)).json(), PONG)
  const stop = new AbortController()
  const polled = fetch(`${world.url}/mse`, { headers: { accept: 'application/json', 'mse-session': caller.session.id }, signal: stop.signal })
  while (!caller.session.hasDownstream) await new Promise(setImmediate)
  const accepted = await caller.post(PING, async)
  t.strictSame([accepted.status, accepted.headers.get('preference-applied'), await accepted.text()], [202, 'respond-async', ''])
  t.strictSame(await (await polled).json(), [{ id: `${caller.epoch}.1`, message: PONG }])
})

requirement('MSE-POST-9', 'says too large and too fast with the status', async (t, open) => {
  const world = await open({ limits: { messageBurst: 2, messagesPerSecond: 1 } })
  const caller = await openCaller(world)
  const large = { ...PING, params: { fill: 'x'.repeat(262_144) } }
  t.equal((await caller.post(large)).status, 413)
  t.equal((await post(world, { ...PING, params: { fill: 'x'.repeat(16_384) } })).status, 413, 'sooner without a session')
  t.equal((await caller.post(PING)).status, 200, 'the session is there')
  const fast = await caller.post(PING)
  t.strictSame([fast.status, fast.headers.get('retry-after')], [429, '1'])
  t.match(await fast.json(), { error: { code: -8001 } })
})

requirement('MSE-POST-10', 'tells the fate of the call by the status when that is asked for', async (t, open) => {
  const world = await open({ semanticStatus: true })
  const caller = await openCaller(world)
  t.equal((await post(world, call('auth', { token: 'x', version: '1.0' }))).status, 401)
  t.equal((await post(world, call('start'))).status, 401)
  for (const [method, params, status] of [['sdpOffer', {}, 409], ['nope', {}, 404], ['auth', {}, 422], ['ping', {}, 200]] as const) {
    t.equal((await caller.post(call(method, params))).status, status, method)
  }
})

requirement('MSE-POST-13', 'ends a session with DELETE', async (t, open) => {
  const world = await open()
  const { session } = await openCaller(world)
  const end = async (id: string): Promise<number> => (await fetch(`${world.url}/mse`, { method: 'DELETE', headers: { 'mse-session': id } })).status
  t.equal(await end(session.id), 204)
  t.equal(session.ended?.code, 1000)
  t.equal(await end(session.id), 204, 'again: it is over')
  t.equal(await end('x'.repeat(22)), 404)
})

requirement('MSE-POST-14', 'takes so many POSTs without a session from one network', async (t, open) => {
  const world = await open({ limits: { anonymousPostBurst: 3, anonymousPostsPerSecond: 1, countLocalNetworks: true } })
  const caller = await openCaller(world)
  for (let count = 0; count < 2; count++) t.equal((await post(world, PING)).status, 200)
  const refused = await post(world, PING)
  t.strictSame([refused.status, refused.headers.get('retry-after')], [429, '1'])
  t.match(await refused.json(), { id: 1, error: { code: -8001, data: { retryAfterMs: 1_000 } } })
  t.equal((await post(world, PING, { authorization: `Bearer ${world.token()}` })).status, 429)
  t.equal((await caller.post(PING)).status, 200, 'who has a session goes on')
  world.clock.advance(1_000)
  t.equal((await post(world, PING)).status, 200)
})

requirement('MSE-DRAIN-1', 'answers 503 to whoever comes while it goes down', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  await (world.mse as unknown as Mse).close()
  for (const response of [await caller.post(PING), await post(world, PING)]) {
    t.strictSame([response.status, response.headers.get('retry-after')], [503, '2'])
    t.match(await response.json(), { id: null, error: { code: -7001, data: { retryAfterMs: 2_000 } } })
  }
  t.equal((await caller.get('application/json')).status, 503)
})
