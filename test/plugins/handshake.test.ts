import { EventEmitter, once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { MseEvents, MseOptions } from '../../index.ts'
import { requestCheck } from '../../plugins/origin.ts'
import { type AppOptions, handshake, join, open, portOf, RawClient, startApp, watchConnections } from '../helpers/websocket-client.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Any request, as bytes want it: fetch would not let us set Host or Upgrade. */
async function ask (app: FastifyInstance, { method = 'GET', path = '/mse', headers = {} }: { method?: string, path?: string, headers?: Record<string, string> } = {}): Promise<Answer> {
  const sent = request({ port: portOf(app), host: '127.0.0.1', method, path, headers, agent: false }).end()
  const [response] = await once(sent, 'response') as [IncomingMessage]
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  return { status: response.statusCode ?? 0, headers: response.headers, body }
}

/** The status with which an upgrade is answered; 101 when it is let in. */
async function upgrade (app: FastifyInstance, headers: Record<string, string> = {}, path = '/mse', method = 'GET'): Promise<number> {
  const raw = new RawClient(app)
  raw.write(handshake(app, headers, path, method))
  const status = Number((await raw.head()).split(' ')[1])
  const gone = new Promise((resolve) => { raw.socket.on('close', resolve) })
  if (status !== 101) await raw.closed
  raw.socket.destroy()
  await gone
  return status
}

async function statuses (t: Test, options: MseOptions, cases: ReadonlyArray<readonly [Record<string, string>, number]>, appOptions?: AppOptions): Promise<void> {
  const app = await startApp(t, options, appOptions)
  for (const [headers, status] of cases) {
    const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(portOf(app)))]))
    t.equal(await upgrade(app, filled), status, JSON.stringify(filled))
  }
}

t.test('lets in pages of its own origin and clients that name none', (t) => statuses(t, {}, [
  [{}, 101],
  [{ Origin: 'http://127.0.0.1:PORT' }, 101],
  [{ Origin: 'https://127.0.0.1:PORT' }, 101],
  [{ Host: 'localhost', Origin: 'http://localhost' }, 101],
  [{ Host: 'localhost:80', Origin: 'http://localhost' }, 101],
  [{ Host: 'localhost:443', Origin: 'https://localhost' }, 101],
  [{ Host: 'LOCALHOST:8080', Origin: 'http://localhost:8080' }, 101]
]))

t.test('turns pages of other origins away before the handshake', (t) => statuses(t, {}, [
  [{ Origin: 'http://evil.example' }, 403],
  [{ Origin: 'null' }, 403],
  [{ Origin: '' }, 403],
  [{ Origin: 'http://127.0.0.1' }, 403],
  [{ Origin: 'http://127.0.0.1:PORT.evil.example' }, 403],
  [{ Origin: 'http://localhost:PORT' }, 403],
  [{ Origin: 'file://' }, 403],
  [{ Origin: 'chrome-extension://127.0.0.1:PORT' }, 403]
]))

t.test('takes an origin only as a browser writes it', (t) => statuses(t, { allowedOrigins: ['https://good.example'] }, [
  [{ Host: 'localhost', Origin: 'http://localhost' }, 101],
  [{ Host: 'localhost', Origin: 'HTTP://localhost' }, 403],
  [{ Host: 'localhost', Origin: 'http://LOCALHOST' }, 403],
  [{ Host: 'localhost', Origin: 'http://localhost:80' }, 403],
  [{ Host: 'localhost', Origin: 'http://localhost/' }, 403],
  [{ Host: 'localhost', Origin: 'http://user@localhost' }, 403],
  [{ Origin: 'https://GOOD.example' }, 403],
  [{ Origin: 'https://good.example:443' }, 403]
]))

t.test('lets in the origins that are allowed and nothing that looks like them', (t) => statuses(t, {
  allowedOrigins: ['https://good.example', 'https://Upper.Example:443', 'https://münchen.example', 'capacitor://localhost']
}, [
  [{ Origin: 'https://good.example' }, 101],
  [{ Origin: 'https://upper.example' }, 101],
  [{ Origin: 'https://xn--mnchen-3ya.example' }, 101],
  [{ Origin: 'capacitor://localhost' }, 101],
  [{ Origin: 'http://127.0.0.1:PORT' }, 101],
  [{ Origin: 'https://good.example.evil' }, 403],
  [{ Origin: 'https://evil-good.example' }, 403],
  [{ Origin: 'https://sub.good.example' }, 403],
  [{ Origin: 'http://good.example' }, 403],
  [{ Origin: 'https://good.example:8443' }, 403],
  [{ Origin: 'https://good.example, https://evil.example' }, 403],
  [{ Origin: 'ionic://localhost' }, 403]
]))

t.test('lets any page in when that is asked for by its name', (t) => statuses(t, { dangerouslyAllowAnyOrigin: true }, [
  [{ Origin: 'http://evil.example' }, 101],
  [{ Origin: 'null' }, 101],
  [{ Origin: 'http://evil.example', Host: 'evil.example' }, 403]
]))

t.test('refuses a rebound name while it is bound to loopback', (t) => statuses(t, {}, [
  [{ Host: 'evil.example', Origin: 'http://evil.example' }, 403],
  [{ Host: 'evil.example' }, 403],
  [{ Host: 'localhost.evil.example' }, 403],
  [{ Host: '127.0.0.1.evil.example' }, 403],
  [{ Host: '0.0.0.0:PORT' }, 403],
  [{ Host: 'localhost:PORT' }, 101],
  [{ Host: 'app.localhost:PORT' }, 101],
  [{ Host: '127.8.8.8' }, 101],
  [{ Host: '[::1]:PORT' }, 101]
]))

t.test('takes the hosts that are allowed beside those of loopback', (t) => statuses(t, { allowedHosts: ['Calls.example', '[2001:db8::1]'] }, [
  [{ Host: 'calls.example' }, 101],
  [{ Host: 'CALLS.example:8443' }, 101],
  [{ Host: '[2001:DB8::1]:80' }, 101],
  [{ Host: 'localhost' }, 101],
  [{ Host: 'evil.example' }, 403],
  [{ Host: 'calls.example.evil' }, 403]
]))

t.test('compares the origin with the name that a trusted proxy was called by, and the host with its own', async (t) => {
  const forwarded = { 'X-Forwarded-Host': 'calls.example', 'X-Forwarded-Proto': 'https' }
  await statuses(t, {}, [
    [{ ...forwarded, Origin: 'https://calls.example' }, 101],
    [{ ...forwarded, Origin: 'https://evil.example' }, 403],
    [{ ...forwarded, Origin: 'http://127.0.0.1:PORT' }, 403],
    [{ Host: 'evil.example', 'X-Forwarded-Host': 'localhost', Origin: 'http://localhost' }, 403]
  ], { fastify: { trustProxy: true } })
  await statuses(t, {}, [
    [{ ...forwarded, Origin: 'https://calls.example' }, 403],
    [{ ...forwarded, Origin: 'http://127.0.0.1:PORT' }, 101]
  ])
})

t.test('knows its names only from the options when it is not bound to loopback', async (t) => {
  const check = (options: MseOptions, host: string, address = '10.0.0.7'): unknown => {
    const server = Object.assign(new EventEmitter(), { address: () => ({ address, family: 'IPv4', port: 80 }) })
    const app = { server } as unknown as FastifyInstance
    return requestCheck(app, options)({ headers: { host }, host } as never)
  }
  t.equal(check({}, 'any.example'), null)
  t.equal(check({ allowedHosts: ['calls.example'] }, 'any.example'), 'host')
  t.equal(check({ allowedHosts: ['calls.example'] }, 'localhost'), 'host')
  t.equal(check({ allowedHosts: ['calls.example'] }, 'calls.example:443'), null)
  for (const loopback of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) t.equal(check({}, 'any.example', loopback), 'host')
})

t.test('a name that was good where the server was bound before is not good on loopback', async (t) => {
  let address = '10.0.0.7'
  const server = Object.assign(new EventEmitter(), { address: () => ({ address, family: 'IPv4', port: 80 }) })
  const check = requestCheck({ server } as unknown as FastifyInstance, {})
  const refusalOf = (host: string): unknown => check({ headers: { host }, host } as never)
  t.strictSame([refusalOf('any.example'), refusalOf('any.example'), refusalOf('other.example')], [null, null, null])
  address = '127.0.0.1'
  server.emit('listening')
  t.strictSame(['other.example', 'any.example', 'localhost', 'localhost', 'any.example'].map(refusalOf), ['host', 'host', null, null, 'host'])
})

t.test('answers 503 with Retry-After once it is closing, and goes on serving the app', async (t) => {
  const app = await startApp(t, {}, { after: (app) => app.get('/health', async () => 'fine') })
  await app.mse.close()
  const raw = new RawClient(app)
  raw.write(handshake(app))
  const head = await raw.head()
  t.match(head, /^HTTP\/1.1 503 /)
  t.match(head, /retry-after: 2/i)
  await raw.closed
  t.match(await ask(app), { status: 503, headers: { 'retry-after': '2' }, body: '' })
  t.match(await ask(app, { path: '/health' }), { status: 200 })
})

t.test('answers 503 with Retry-After while the app closes, and the app closes although the client stays', async (t) => {
  const app = await startApp(t)
  const silent = new RawClient(app)
  silent.write(handshake(app))
  await silent.head()
  const raw = new RawClient(app)
  await once(raw.socket, 'connect')
  const closed = app.close()
  // Its close frame tells that the app is closing; our silence keeps the app there.
  await silent.frame()
  raw.write(handshake(app))
  const head = await raw.head()
  t.match(head, /^HTTP\/1.1 503 /)
  t.match(head, /retry-after: 2/i)
  await closed
})

t.test('tells the app whom it has turned away, and why', async (t) => {
  const app = await startApp(t)
  const rejected: Array<MseEvents['rejected']> = []
  app.mse.on('rejected', () => { throw new Error('a listener of the app') })
  app.mse.on('rejected', (event) => { rejected.push(event) })
  await upgrade(app, { Origin: 'http://evil.example' })
  await upgrade(app, { Host: 'evil.example' })
  await (await open(app)).auth({ exp: 1 })
  await app.mse.close()
  await upgrade(app)
  t.strictSame(rejected, ['origin', 'host', 'auth', 'draining'].map((cause) => ({ cause, address: '127.0.0.1' })))
})

t.test('asks plain requests to upgrade, and knows the methods of the other faces', async (t) => {
  const app = await startApp(t)
  t.match(await ask(app), { status: 426, headers: { upgrade: 'websocket', connection: /upgrade/i }, body: '' })
  t.match(await ask(app, { headers: { origin: 'http://evil.example' } }), { status: 403, body: '' })
  for (const method of ['HEAD', 'PUT', 'PATCH', 'OPTIONS']) t.match(await ask(app, { method }), { status: 405, headers: { allow: 'GET, POST, DELETE' } }, method)
  t.match(await ask(app, { method: 'POST' }), { status: 415, body: '' })
  t.match(await ask(app, { method: 'DELETE' }), { status: 404, body: '' })
})

t.test('answers odd upgrades without a handshake, and ends their sockets', async (t) => {
  const app = await startApp(t)
  const cases: ReadonlyArray<readonly [number, Record<string, string>, string?, string?]> = [
    [415, {}, '/mse', 'POST'],
    [404, {}, '/elsewhere'],
    [404, {}, '/mse/'],
    [400, {}, '/%zz'],
    [400, { Upgrade: 'h2c' }],
    [400, { 'Sec-WebSocket-Key': 'short' }],
    [400, { 'Sec-WebSocket-Version': '12' }],
    [101, {}, '/mse?token=ignored']
  ]
  for (const [status, headers, path, method] of cases) t.equal(await upgrade(app, headers, path, method), status, JSON.stringify([headers, path, method]))
})

t.test('ends the socket of an upgrade that the hooks of the app never let through', async (t) => {
  const app = await startApp(t, { authTimeoutMs: 50 }, { before: (app) => app.addHook('onRequest', () => new Promise(() => {})) })
  const raw = new RawClient(app)
  raw.write(handshake(app))
  await raw.closed
  t.pass()
})

t.test('agrees to its subprotocol and to no other', async (t) => {
  const app = await startApp(t)
  const many = Array.from({ length: 1_000 }, (_, index) => `p${index}`)
  const cases: ReadonlyArray<readonly [string | null, string | null]> = [
    [null, null],
    ['mse.v1', 'mse.v1'],
    ['graphql-ws, mse.v1', 'mse.v1'],
    ['mse.v1,mse.v1', 'mse.v1'],
    ['graphql-ws', null],
    ['MSE.V1', null],
    ['mse.v10', null],
    [',', null],
    [many.join(), null],
    [[...many, 'mse.v1'].join(), null],
    [['mse.v1', ...many].join(), 'mse.v1']
  ]
  for (const [offered, agreed] of cases) {
    const raw = new RawClient(app)
    raw.write(handshake(app, { 'Sec-WebSocket-Protocol': offered }))
    const head = await raw.head()
    t.match(head, /^HTTP\/1.1 101 /)
    t.equal(/sec-websocket-protocol: (.*)/i.exec(head)?.[1] ?? null, agreed)
    raw.socket.destroy()
    await raw.closed
  }
})

t.test('agrees to no compression', async (t) => {
  const app = await startApp(t)
  const client = await open(app, { perMessageDeflate: true })
  t.equal(client.socket.extensions, '')
  t.match(await client.call('ping'), { result: 'pong' })
})

t.test('leaves no socket behind whoever was turned away', async (t) => {
  const app = await startApp(t)
  const idle = await join(app)
  const sockets = async (): Promise<number> => (await readdir('/proc/self/fd')).length
  const before = await sockets()
  const gone = watchConnections(app)
  for (let i = 0; i < 25; i++) {
    await Promise.all([
      upgrade(app, { Origin: 'http://evil.example' }), upgrade(app, { Host: 'evil.example' }), upgrade(app, {}, '/%zz'), upgrade(app, {}, '/none')
    ])
  }
  await gone()
  t.match(await idle.call('ping'), { result: 'pong' })
  t.equal(await sockets(), before)
  t.equal(app.mse.openLinks, 1)
})
