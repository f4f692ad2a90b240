import { readdir } from 'node:fs/promises'
import fastifyWebsocket from '@fastify/websocket'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { type CloseReason, type Mse, type MseEvents, type MseOptions, mse } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { type Client, OPCODES, frame, join, open, openRaw, startApp, watchConnections } from '../helpers/websocket-client.ts'
import { makeToken } from '../helpers/tokens.ts'

const NEVER_MS = 1e12

/** An app whose time is moved by hand. It stands a minute ahead: a token that a slow machine makes later must not be of the future. */
async function startFrozen (t: Test, options: MseOptions = {}) {
  const clock = new FakeClock(Date.now() + 60_000)
  const app = await startApp(t, { clock, ...options })
  t.teardown(() => clock.advance(1_000))
  return { app, clock }
}

function nextEnd (mse: Mse): Promise<CloseReason> {
  return new Promise((resolve) => { mse.on('ended', ({ reason }) => resolve(reason)) })
}

// The first, so that nothing of another test is there.
t.test('closes the app with open sockets of ours and of the host, and leaves nothing', async (t) => {
  const resources = (): string[] => process.getActiveResourcesInfo().filter((name) => /TCPSocket|Timeout/.test(name)).sort()
  const before = resources()
  const app = await startApp(t, { engine: new RecordingEngine() }, {
    before: async (app) => {
      await app.register(fastifyWebsocket)
      app.get('/host', { websocket: true }, () => {})
    }
  })
  const clients = [await join(app), await open(app), await open(app, { path: '/host' })]
  await clients[0]?.call('start')
  await app.close()
  const codes = await Promise.all(clients.map(async ({ closed }) => (await closed).code))
  t.strictSame(codes, [1012, 1012, 1005], 'the host closes its own as it always did')
  t.notOk(app.server.listening)
  t.strictSame(resources(), before)
})

t.test('closes with 4501 who has not authenticated in time', async (t) => {
  const { app, clock } = await startFrozen(t)
  const [quiet, busy, known] = [await open(app), await open(app), await join(app)]
  clock.advance(9_999)
  t.match(await busy.call('ping'), { result: 'pong' })
  t.equal(app.mse.openLinks, 3)
  clock.advance(1)
  t.strictSame(await quiet.closed, { code: 4501, reason: 'notAuthenticated' })
  t.match(await busy.closed, { code: 4501 }, 'pings do not help')
  t.match(await known.call('ping'), { result: 'pong' })
})

t.test('closes with 4501 after the fifth refused token, which is answered', async (t) => {
  const { app } = await startFrozen(t)
  const client = await open(app)
  for (let i = 0; i < 5; i++) t.match(await client.auth({ exp: 1 }), { error: { code: -4001, message: 'Authorization Failed' } })
  t.match(await client.closed, { code: 4501 })
  const lucky = await open(app)
  for (let i = 0; i < 4; i++) await lucky.auth({ exp: 1 })
  t.match(await lucky.auth(), { result: 'authenticated' }, 'the fifth one may still succeed')
})

t.test('verifies tokens by the clock of the options', async (t) => {
  const { app, clock } = await startFrozen(t, { pingIntervalMs: NEVER_MS })
  clock.advance(7_200_000)
  t.match(await (await open(app)).auth(), { error: { code: -4001 } }, 'which ran out an hour ago')
})

t.test('warns of a short secret in development and refuses it in production', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: 'short' }, environment: 'development' })
  const strict = Fastify()
  t.teardown(() => strict.close())
  await t.rejects(Promise.resolve(strict.register(mse, { jwt: { secret: 'short' } })), { code: 'MSE_ERR_WEAK_KEY' })
})

t.test('ends a session after the grace that follows its token', async (t) => {
  const { app, clock } = await startFrozen(t, { pingIntervalMs: NEVER_MS })
  const exp = Math.floor(clock.now() / 1000) + 60
  const client = await join(app, { exp })
  clock.advance(exp * 1000 - clock.now())
  t.match(await client.call('start'), { error: { code: -5001 } })
  t.match(await client.call('ping'), { result: 'pong' })
  clock.advance(25_000)
  t.match(await client.closed, { code: 4002 })
})

t.test('pings, and keeps who answers', async (t) => {
  const { app, clock } = await startFrozen(t)
  const client = await join(app)
  for (let i = 0; i < 10; i++) {
    const pinged = new Promise((resolve) => { client.socket.once('ping', resolve) })
    clock.advance(22_000)
    await pinged
    // Its pong is on the way before this.
    t.match(await client.call('ping'), { result: 'pong' })
    t.equal(app.mse.sessions.size, 1)
  }
})

t.test('closes with 4001 who does not answer, and the socket is gone without their close frame', async (t) => {
  const { app, clock } = await startFrozen(t)
  const gone = watchConnections(app)
  const raw = await openRaw(app, { stays: true })
  t.teardown(() => raw.socket.destroy())
  raw.write(frame(OPCODES.text, JSON.stringify({ id: 1, method: 'auth', jsonrpc: '2.0', params: { token: makeToken(), version: '1.0' } })))
  await raw.frame()
  const ended = nextEnd(app.mse)
  clock.advance(17_999)
  raw.write(frame(OPCODES.text, '{"id":2,"method":"ping","jsonrpc":"2.0"}'))
  t.equal((await raw.frame()).opcode, OPCODES.text, 'no ping before its time')
  clock.advance(4_001)
  t.equal((await raw.frame()).opcode, OPCODES.ping)
  clock.advance(10_000)
  t.match(await ended, { code: 4001 })
  t.equal(await raw.closeCode(), 4001)
  clock.advance(1_000)
  await gone()
  t.equal(clock.pending, 0)
})

t.test('closes with 4001 a ws client that does not answer', async (t) => {
  const { app, clock } = await startFrozen(t)
  const client = await join(app, {}, { autoPong: false } as object)
  clock.advance(32_000)
  t.match(await client.closed, { code: 4001, reason: 'noPong' })
})

t.test('asks once more when the process itself was stopped in between', async (t) => {
  const { app, clock } = await startFrozen(t)
  const client = await join(app)
  clock.advance(22_000)
  // As after SIGCONT: time has jumped, timers run before sockets are read.
  const { now } = clock
  const pinged = new Promise((resolve) => { client.socket.on('ping', resolve) })
  clock.now = () => now.call(clock) + 60_000
  clock.advance(10_000)
  clock.now = now
  await pinged
  t.match(await client.call('ping'), { result: 'pong' })
  t.equal(app.mse.sessions.size, 1)
})

t.test('ends every session with 1012 when it is closed, also of peers that never answer', async (t) => {
  const engine = new RecordingEngine()
  const app = await startApp(t, { engine })
  const gone = watchConnections(app)
  const [polite, stranger] = [await join(app), await open(app)]
  await polite.call('start')
  const silent = await openRaw(app, { stays: true })
  t.teardown(() => silent.socket.destroy())
  const [first, second] = [app.mse.close(), app.mse.close()]
  t.equal(first, second, 'idempotent')
  t.equal(await silent.closeCode(), 1012)
  t.strictSame(await polite.closed, { code: 1012, reason: 'drain' })
  t.match(await stranger.closed, { code: 1012 })
  await first
  await gone()
  t.notOk(engine.isOpen)
  t.equal(app.mse.openLinks, 0)
})

t.test('waits for a handshake that was let in before it was closed', async (t) => {
  let letIn = (): void => {}
  const app = await startApp(t, {}, { before: (app) => app.addHook('preValidation', () => new Promise<void>((resolve) => { letIn = resolve })) })
  const late = open(app)
  const hooked = new Promise<void>((resolve) => { app.server.once('upgrade', () => setImmediate(resolve)) })
  await hooked
  await app.mse.close()
  letIn()
  t.match(await (await late).closed, { code: 1012 })
})

t.test('leaves nothing behind a hundred sessions', async (t) => {
  const engine = new RecordingEngine()
  const { app, clock } = await startFrozen(t, { engine })
  const gone = watchConnections(app)
  const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length
  const before = await descriptors()
  const leave: ReadonlyArray<(client: Client) => unknown> = [
    (client) => client.socket.close(),
    (client) => client.socket.terminate(),
    (client) => client.send({ method: 'disconnect', jsonrpc: '2.0' })
  ]
  const clients = await Promise.all(Array.from({ length: 100 }, async (_, index) => {
    const client = await join(app, { userId: `user-${index}`, roomId: `room-${index % 10}` })
    await client.call('start')
    return client
  }))
  t.equal(app.mse.sessions.size, 100)
  t.equal(app.mse.room('room-3').size, 10)
  t.equal(engine.openPeers.length, 100)
  for (const [index, client] of clients.entries()) leave[index % 3]?.(client)
  await Promise.all(clients.map(({ closed }) => closed))
  await gone()
  t.equal(app.mse.sessions.size, 0)
  t.equal(app.mse.openLinks, 0)
  t.equal(app.mse.room('room-3').size, 0)
  t.equal(engine.openPeers.length, 0)
  t.equal(clock.pending, 0)
  t.equal(await descriptors(), before)
})

t.test('tells the app what happens to a session, in order', async (t) => {
  const app = await startApp(t, { engine: new RecordingEngine() })
  const events: Array<readonly [string, unknown]> = []
  app.mse.on('session', ({ session, identity }) => { events.push(['session', [session.id.length, identity.userId, app.mse.sessions.get(session.id) === session]]) })
  app.mse.on('authenticated', ({ refresh }) => { events.push(['authenticated', refresh]) })
  app.mse.on('started', ({ session }) => { events.push(['started', session.transport]) })
  app.mse.on('rejected', ({ cause }) => { events.push(['rejected', cause]) })
  const off = app.mse.on('ended', () => { events.push(['a listener that was taken away', null]) })
  off()
  const ended = new Promise<MseEvents['ended']>((resolve) => { app.mse.on('ended', resolve) })
  const client = await open(app)
  await client.auth({ roomId: undefined })
  await client.auth()
  await client.auth()
  await client.auth({ userId: 'mallory' })
  await client.call('start')
  await client.call('start')
  client.send({ method: 'disconnect', jsonrpc: '2.0' })
  t.match(await ended, { session: { ended: { code: 1000 } }, reason: { code: 1000, text: 'ended' } })
  t.match(await client.closed, { code: 1000 })
  t.strictSame(events, [
    ['rejected', 'auth'], ['session', [22, 'ada', true]], ['authenticated', false], ['authenticated', true], ['rejected', 'auth'], ['started', 'websocket']
  ])
})

t.test('tells who it is in development only, and warns of it at boot', async (t) => {
  for (const environment of ['development', 'production'] as const) {
    const lines: Array<{ level: number, msg: string }> = []
    const stream = { write: (line: string) => { lines.push(JSON.parse(line) as { level: number, msg: string }) } }
    const app = await startApp(t, { environment }, { fastify: { logger: { stream } } })
    const client = await join(app)
    const answer = await client.call('whoami')
    const warnings = lines.filter(({ level }) => level === 40)
    if (environment === 'development') {
      t.match(answer, { result: { userId: 'ada', roomId: 'lobby', ipAddress: '127.0.0.1' } })
      t.match(warnings, [{ msg: /^MSE runs in development: whoami/ }])
    } else {
      t.strictSame(answer, { id: 2, jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' } })
      t.strictSame(warnings, [])
    }
  }
})

t.test('knows the address of a client behind a trusted proxy', async (t) => {
  const app = await startApp(t, { environment: 'development' }, { fastify: { trustProxy: true } })
  const client = await join(app, {}, { headers: { 'X-Forwarded-For': '203.0.113.7' } })
  t.match(await client.call('whoami'), { result: { ipAddress: '203.0.113.7' } })
})
