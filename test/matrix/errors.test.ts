import { MSE_ERRORS, defineMethod, defineNotification } from '../../index.ts'
import type { Frame } from './client.ts'
import { addGate } from './gate.ts'
import { requirement } from './requirement.ts'

requirement('MSE-ERR-1', 'writes each error word for word, with data only where the table has it', async (t, open) => {
  const world = await open({ limits: { maxCallsInFlight: 1 }, engine: null })
  world.mse.method(defineMethod({ name: 'fail', access: 'public' }), () => { throw new Error('of our own') })
  const gate = addGate(world)
  const stranger = await world.open()
  const user = await world.join('ada')
  const seen = new Map<unknown, Frame['error']>()
  const note = (error: Frame['error']): unknown => seen.set(error?.code, error)
  note((await stranger.exchange<Frame>('{')).error)
  note((await stranger.exchange<Frame>('{}')).error)
  note(await stranger.fail('nope'))
  note(await stranger.fail('start'))
  note(await stranger.fail('auth', { token: 'x', version: '1.0' }))
  note(await stranger.fail('auth', {}))
  note(await stranger.fail('fail'))
  note(await user.fail('sdpOffer', { offer: 'v=0' }))
  note(await user.fail('start'))
  user.request('gate')
  note(await user.fail('ping'))
  gate.open()
  const withData = [-32602, -32603, -6001, -7001, -8001]
  for (const { code, message } of Object.values(MSE_ERRORS)) {
    const keys = withData.includes(code) ? ['code', 'data', 'message'] : ['code', 'message']
    t.equal(seen.get(code)?.message, message, `${code}`)
    t.strictSame(Object.keys(seen.get(code) ?? {}).sort(), keys, `${code} has ${keys.join()}`)
  }
})

requirement('MSE-ERR-2', 'answers the first error of the fixed order when several fit', async (t, open) => {
  const world = await open({ limits: { messageBurst: 3, messagesPerSecond: 1 }, engine: null })
  world.mse.method(defineMethod({ name: 'rule', roles: ['admin'] }), () => null)
  const code = async (input: unknown, isTired = false): Promise<unknown> => {
    const client = isTired ? await world.join('eve') : await world.open()
    if (isTired) client.send([{ method: 'ping', jsonrpc: '2.0' }, { method: 'ping', jsonrpc: '2.0' }])
    const { error } = await client.exchange<Frame>(input)
    client.wire.leave()
    return error?.code
  }
  const call = (method: string, params?: unknown): object => ({ id: 1, method, jsonrpc: '2.0', params })
  t.equal(await code('{"id":1,"__proto__":{}}', true), -32700, 'no message, rather than too fast')
  t.equal(await code('{"id":1}', true), -1001, 'no message, rather than too fast')
  t.equal(await code({ ...call('nope'), result: 1 }), -1001, 'no message, rather than unknown')
  t.equal(await code(call('nope'), true), -8001, 'too fast, rather than unknown')
  t.equal(await code(call('rule', 5), true), -8001, 'too fast, rather than not allowed')
  t.equal(await code(call('nope', 5)), -32601, 'unknown, rather than bad params')
  t.equal(await code(call('sdpOffer', 5)), -5001, 'not allowed, rather than out of order or bad params')
  const member = await world.join('ada')
  t.match(await member.fail('sdpOffer', 5), { code: -6001 }, 'out of order, rather than bad params')
  world.clock.advance(10_000)
  t.match(await member.fail('auth', { version: '0.9', token: 7 }), { code: -32602 }, 'bad params, rather than refused')
})

requirement('MSE-ERR-3', 'names the first fault of the params and never the value', async (t, open) => {
  const client = await (await open()).open()
  const secret = 'canary-in-the-value'
  const reasons = [
    [{ token: { secret }, version: '1.0' }, '/token'], [{ token: secret }, '/version'], [{ version: 7, token: secret }, '/version'], [secret, ''], [[secret], '']
  ] as const
  for (const [params, path] of reasons) {
    const error = await client.fail('auth', params)
    t.match(error, { code: -32602, data: { path, reason: /^Expected / } }, path)
    t.notMatch(JSON.stringify(error), secret)
  }
})

requirement('MSE-ERR-4', 'names the first method that is missing, in the order of the contract', async (t, open) => {
  const world = await open()
  const step = (name: string, after: readonly string[] = []): void => world.mse.method(defineMethod({ name, access: 'public', after }), () => null)
  step('third', ['second', 'first', 'auth'])
  step('first')
  step('second')
  const client = await world.open()
  const methods = ['first', 'third', 'second', 'third', 'auth', 'third', 'sdpOffer']
  const params = { token: world.token(), version: '1.0' }
  const answers = await client.exchange<Frame[]>(methods.map((method, id) => ({ id, method, jsonrpc: '2.0', ...(method === 'auth' ? { params } : {}) })))
  t.strictSame(answers.map(({ result, error }) => error?.data ?? result), [
    null, { required: 'second' }, null, { required: 'auth' }, 'authenticated', null, { required: 'start' }
  ])
})

requirement('MSE-ERR-5', 'says when to try again', async (t, open) => {
  const world = await open({ limits: { messageBurst: 2, messagesPerSecond: 4 } })
  world.engine.maxPeers = 0
  world.engine.retryAfterMs = 1_234
  const client = await world.join('ada')
  t.strictSame((await client.fail('start')).data, { retryAfterMs: 1_234 })
  t.strictSame((await client.fail('ping')).data, { retryAfterMs: 250 })
  world.clock.advance(125)
  t.strictSame((await client.fail('ping')).data, { retryAfterMs: 125 })
  world.clock.advance(125)
  t.equal(await client.succeed('ping'), 'pong', 'and keeps its word')
})

requirement('MSE-ERR-6', 'tells nothing of an internal error but its id', async (t, open) => {
  const world = await open()
  world.mse.method(defineMethod({ name: 'fail', access: 'public' }), () => { throw new Error('password=canary') })
  const client = await world.open()
  const [one, two] = [await client.fail('fail'), await client.fail('fail')]
  const shape = (errorId: unknown): object => ({ code: -32603, message: 'Internal error', data: { errorId } })
  const idOf = ({ data }: Frame['error'] & object): unknown => (data as { errorId: unknown }).errorId
  t.match(one, shape(/^[\w-]{12}$/))
  t.strictSame(one, shape(idOf(one)), 'and nothing else')
  t.not(idOf(one), idOf(two))
  t.equal(world.mse.counters.internalErrors, 2)
})

requirement('MSE-ERR-7', 'answers a method of another environment exactly as an unknown one', async (t, open) => {
  const world = await open({ environment: 'production' })
  const client = await world.open()
  const compare = async (when: string): Promise<void> => {
    for (const params of [undefined, {}, 5]) t.strictSame(await client.fail('whoami', params), await client.fail('nope', params), when)
    client.tell('whoami')
    await client.isSilent(t)
  }
  await compare('before auth')
  await client.succeed('auth', { token: world.token(), version: '1.0' })
  await compare('after auth')
})

requirement('MSE-ERR-8', 'answers a notification that has an id with null or with its error', async (t, open) => {
  const world = await open()
  world.mse.method(defineNotification({ name: 'told' }), () => 'what a handler returns is nobody\'s business')
  const client = await world.join('ada', { start: true })
  t.equal(await client.succeed('told'), null)
  t.equal(await client.succeed('sdpOffer', { offer: 'v=0' }), null)
  t.equal(await client.succeed('iceCandidate', { candidate: '' }), null)
  t.equal(await client.succeed('chat', { to: [], message: 'x' }), null)
  t.match(await client.fail('chat', { to: 'bob', message: 'x' }), { code: -32602, data: { path: '/to' } })
  t.match(await client.fail('sdpOffer', { offer: { type: 'rollback', sdp: 'v=0' } }), { code: -32602 })
})

requirement('MSE-PING-1', 'answers ping before auth, after it and in the grace', async (t, open) => {
  const world = await open()
  const client = await world.open()
  t.equal(await client.succeed('ping'), 'pong')
  await client.succeed('auth', { token: world.token({ exp: world.clock.now() / 1000 + 60 }), version: '1.0' })
  t.equal(await client.succeed('ping'), 'pong')
  world.clock.advance(61_000)
  t.match(await client.fail('start'), { code: -5001 }, 'the token has ended')
  t.equal(await client.succeed('ping'), 'pong')
})
