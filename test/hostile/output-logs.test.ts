/** What a log gets to read of whoever wants to write it, and of what nobody should read there. */
import t from 'tap'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { defineMethod } from '../../index.ts'
import { makeToken } from '../helpers/tokens.ts'
import { OPCODES, RawClient, frame, handshake, join, open, openRaw, portOf } from '../helpers/websocket-client.ts'
import { type LoggedApp, startLogged } from './captured-log.ts'
import { nothingIsAstray } from './stray-errors.ts'

const NASTY = '\r\n{"level":60,"msg":"forged"}\n\u001b[2J\u001b]0;title\u0007\u0000\u2028\u009b31m\ud800'

const send = (app: FastifyInstance, method: string, query: string, headers: Record<string, string>, body?: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${portOf(app)}/mse${query}`, { method, headers, ...(body === undefined ? {} : { body }) })
const post = (app: FastifyInstance, body: object, headers: Record<string, string> = {}, query = ''): Promise<Response> =>
  send(app, 'POST', query, { 'content-type': 'application/json', ...headers }, JSON.stringify(body))

t.test('90: what a client writes is one line of the log, without control characters and not longer than it need be', async (t) => {
  const { app, writes, said } = await startLogged(t, { jwt: { verify: () => { throw new Error(NASTY.repeat(1_000)) } } })
  app.mse.method(defineMethod({ name: 'fail', access: 'public' }), () => { throw Object.assign(new Error('of our own'), { stack: '' }) })
  const client = await open(app)
  const names = [NASTY, NASTY.repeat(100), 'x'.repeat(16_000), '%s %d %j %o', '__proto__', 'fail']
  for (const method of names) client.send({ method, jsonrpc: '2.0', params: { [NASTY]: NASTY } })
  t.match(await client.call('auth', { token: NASTY.repeat(10), version: '1.0' }), { error: { code: -4001 } })
  await post(app, { method: NASTY.repeat(100), jsonrpc: '2.0' })
  await post(app, { id: 1, method: 'ping', jsonrpc: '2.0' }, { authorization: `Bearer ${'%0a'.repeat(2_000)}` })
  for (const [name, value] of [['Origin', `http://${'evil%0a'.repeat(1_000)}`], ['Origin', 'http://evil\u009b31m'], ['Host', 'evil\u0085'], ['Host', 'x'.repeat(8_000)]] as const) {
    const raw = new RawClient(app)
    raw.write(Buffer.from(handshake(app, { [name]: value }), 'latin1'))
    t.match(await raw.head(), /^HTTP\/1.1 40[03] /)
    raw.socket.destroy()
    await raw.closed
  }
  const broken = await openRaw(app)
  broken.write(frame(3, NASTY))
  await broken.closeCode()
  await client.close()
  t.equal(said('a notification was refused').length, names.length, 'each refused notification has its line')
  t.equal(said('forged').length, 0)
  for (const line of writes) {
    t.equal(line.indexOf('\n'), line.length - 1, 'one line')
    // eslint-disable-next-line no-control-regex
    t.notMatch(line.slice(0, -1), /[\u0000-\u001f]/)
  }
  const own = writes.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ req, res, err }) => req === undefined && res === undefined && err === undefined)
  for (const line of own) {
    for (const value of Object.values(line)) t.ok(String(value).length <= 256, `${String(line['msg'])}: ${String(value).length} characters`)
  }
  await nothingIsAstray(t)
})

/** What must be in no log: it lets somebody in, or speaks for a session. */
class Canaries {
  readonly #secrets = new Set<string>()

  add (secret: string): string {
    this.#secrets.add(secret)
    return secret
  }

  /** As it is, and as a URL has it. */
  foundIn (writes: readonly string[]): string[] {
    const log = writes.join('')
    return [...this.#secrets].filter((secret) => log.includes(secret) || log.includes(encodeURIComponent(secret)))
  }
}

/** A token whose every part is worth finding. */
function plantToken (canaries: Canaries, claims: object = {}): string {
  const token = makeToken({ ...claims, jti: Math.random().toString(36) })
  for (const part of token.split('.').slice(1)) canaries.add(part)
  return token
}

async function useHttp ({ app }: LoggedApp, canaries: Canaries): Promise<void> {
  const token = plantToken(canaries)
  const wrong = canaries.add(`${plantToken(canaries)}x`)
  const bearer = { authorization: `Bearer ${token}` }
  const ping = { id: 1, method: 'ping', jsonrpc: '2.0' }
  const opened = await post(app, { id: 1, method: 'auth', jsonrpc: '2.0', params: { token, version: '1.0' } })
  const session = { 'mse-session': canaries.add(opened.headers.get('mse-session') ?? '') }
  for (const headers of [bearer, { authorization: `Bearer ${wrong}` }, { ...bearer, ...session }, { authorization: `Basic ${wrong}` }, { ...session, 'mse-seq': 'x' }]) await post(app, ping, headers)
  await post(app, { id: 1, method: 'auth', jsonrpc: '2.0', params: { token: wrong, version: '9' } }, session)
  await post(app, { method: 'auth', jsonrpc: '2.0', params: { token: [wrong] } }, session)
  await post(app, { method: wrong, jsonrpc: '2.0', params: { token } }, session)
  await send(app, 'POST', '', { 'content-type': 'application/json' }, `{"token":"${token}"`)
  await send(app, 'POST', '', { 'content-type': 'text/plain' }, token)
  // Where clients put a token although nobody asks for it there.
  for (const query of [`?token=${token}`, `?access_token=${token}&x=1`, `?${token}`, `?session=${session['mse-session']}`]) {
    for (const accept of ['text/event-stream', 'application/json', '*/*']) await (await send(app, 'GET', query, { accept })).text()
    await post(app, ping, {}, query)
    await send(app, 'DELETE', query, {})
    await send(app, 'PUT', query, {})
    await send(app, 'GET', query, { origin: 'http://evil.example' })
  }
  const { result } = await (await post(app, { id: 1, method: '$/ticket', jsonrpc: '2.0' }, session)).json() as { result: { ticket: string } }
  for (const headers of [session, {}]) await (await send(app, 'GET', `?ticket=${canaries.add(result.ticket)}`, { accept: 'application/json', prefer: 'wait=0', ...headers })).text()
  await send(app, 'DELETE', '', session)
  await post(app, ping, session)
}

async function useWebSocket ({ app }: LoggedApp, canaries: Canaries): Promise<void> {
  const token = plantToken(canaries, { userId: 'bob' })
  const auth = JSON.stringify({ id: 1, method: 'auth', jsonrpc: '2.0', params: { token, version: '1.0' } })
  const client = await open(app, { protocols: ['mse.v1.resume'], path: `/mse?token=${token}`, headers: { authorization: `Bearer ${token}` } })
  t.match(await client.call('auth', { token, version: '1.0' }), { result: 'authenticated' })
  const { params = {} } = await client.next()
  const session = canaries.add(String(params['session']))
  await client.call('fail', { secret: canaries.add('secret-of-a-call') })
  client.send({ method: 'fail', jsonrpc: '2.0', params: { secret: 'secret-of-a-call' } })
  await client.call('auth', { token: `${token}x`, version: '1.0' })
  client.socket.terminate()
  const back = await open(app, { protocols: ['mse.v1.resume'] })
  await back.call('$/resume', { session, epoch: 'x', received: 0 })
  await back.call('$/resume', { session, epoch: params['epoch'], received: 7 })
  await back.close()
  for (const bytes of [frame(3, auth), frame(OPCODES.text, auth, { masked: false }), frame(OPCODES.text, auth, { rsv: 4 }), frame(OPCODES.text, `${auth}${'x'.repeat(300_000)}`), Buffer.from(`GET /mse?token=${token} HTTP/1.1\r\n\r\n`)]) {
    const raw = await openRaw(app)
    raw.write(bytes)
    await raw.closeCode()
    raw.socket.destroy()
    await raw.closed
  }
}

t.test('91: no token, session or ticket is in the log, wherever a client has put it', async (t) => {
  for (const environment of ['production', 'development'] as const) {
    const logged = await startLogged(t, { environment })
    const canaries = new Canaries()
    logged.app.mse.method(defineMethod({ name: 'fail', access: 'public', params: Type.Object({ secret: Type.String() }) }), () => { throw new Error('of our own') })
    await useHttp(logged, canaries)
    await useWebSocket(logged, canaries)
    await logged.app.close()
    t.ok(logged.said('incoming request').length > 20, 'requests are logged')
    t.ok(logged.said('a token was refused').length >= 2, 'and refusals')
    t.strictSame(canaries.foundIn(logged.writes), [], environment)
  }
  await nothingIsAstray(t)
})

t.test('91: a verify function that puts the token into its error does not put it into the log', async (t) => {
  const logged = await startLogged(t, { jwt: { verify: (token) => { throw new Error(`no key for "${token}", that is ${token}`) } } })
  const canaries = new Canaries()
  const token = plantToken(canaries)
  const client = await open(logged.app)
  t.match(await client.call('auth', { token, version: '1.0' }), { error: { code: -4001 } })
  t.equal((await post(logged.app, { id: 1, method: 'ping', jsonrpc: '2.0' }, { authorization: `Bearer ${token}` })).status, 401)
  await client.close()
  t.match(logged.said('a token was refused'), [{ reason: /^no key for / }, { reason: /^no key for / }])
  t.strictSame(canaries.foundIn(logged.writes), [])
})

t.test('91: the app\'s own way to log a request is kept', async (t) => {
  const writes: string[] = []
  const logger = { level: 'info', stream: { write: (line: string) => { writes.push(line) } }, serializers: { req: ({ url, method }: { url: string, method: string }) => ({ verb: method, address: url }) } }
  const { app } = await startLogged(t, {}, { fastify: { logger } })
  await send(app, 'GET', '?token=secret', {})
  t.match(JSON.parse(writes.find((line) => line.includes('incoming request')) ?? ''), { req: { verb: 'GET', address: '/mse' } })
})

t.test('92: an error tells the client a code and an id, and nothing of its text, its stack or its place', async (t) => {
  const secret = 'password=canary'
  const fail = (): never => { throw Object.assign(new Error(secret), { code: secret, statusCode: 418, headers: { 'x-secret': secret }, path: `/etc/${secret}`, data: secret }) }
  const engine = { name: 'secretive', join: async () => fail(), close: async () => {} }
  const failed = new WeakSet()
  // Once: what is sent instead comes by the same hook, and if that fails again it is Fastify's to say so.
  const failIn = (place: string) => async (request: FastifyRequest): Promise<void> => {
    if (request.headers['x-fail'] !== place || failed.has(request)) return
    failed.add(request)
    fail()
  }
  const { app, writes } = await startLogged(t, { engine }, { before: (app) => app.addHook('onRequest', failIn('onRequest')).addHook('preHandler', failIn('preHandler')).addHook('onSend', failIn('onSend')) })
  app.mse.use((call, next) => call.contract.name === 'layered' ? fail() : next())
  for (const name of ['fails', 'layered']) app.mse.method(defineMethod({ name, access: 'public' }), fail)
  app.mse.method(defineMethod({ name: 'rejects', access: 'public' }), async () => fail())
  app.mse.on('session', fail)
  const client = await join(app)
  for (const method of ['fails', 'layered', 'rejects', 'start']) {
    const answer = await client.call(method)
    t.match(answer, { error: { code: Number } })
    t.notMatch(JSON.stringify(answer), /canary|at .*\.ts|node:|\/tmp/)
    const response = await post(app, { id: 1, method, jsonrpc: '2.0' }, { authorization: `Bearer ${makeToken()}` })
    const told = `${JSON.stringify([...response.headers])} ${await response.text()}`
    t.equal(response.status, 200)
    t.notMatch(told, /canary|node_modules|\/tmp/)
  }
  for (const place of ['onRequest', 'preHandler', 'onSend']) {
    for (const method of ['POST', 'GET', 'DELETE', 'PUT']) {
      const response = await send(app, method, '', { 'content-type': 'application/json', 'x-fail': place, accept: '*/*' }, method === 'POST' ? '{"id":1,"method":"ping","jsonrpc":"2.0"}' : undefined)
      const told = `${JSON.stringify([...response.headers])} ${await response.text()}`
      t.ok(response.status >= 400, `${place} of ${method}: ${response.status}`)
      t.notMatch(told, /canary|node_modules|\/tmp/, `${place} of ${method}`)
    }
  }
  t.match(writes.join(''), secret, 'the log has it')
  await client.close()
  await nothingIsAstray(t)
})
