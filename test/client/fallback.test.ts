/** Ways on which something is in the way: the client finds another one, and a better one later. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { Client } from '../../lib/client/client.ts'
import type { StateEvent } from '../../lib/client/options.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { makeToken } from '../helpers/tokens.ts'
import { Gateway } from './gateway.ts'
import { Echo, type Probe, type World, connect, connected, isOpen, say, startServer } from './sdk-world.ts'

const STREAM = 'GET text/event-stream'
const POLL = 'GET application/json'

async function setUp (t: Test): Promise<World & { gateway: Gateway }> {
  const world = await startServer(t)
  return { ...world, gateway: await Gateway.start(t, world.url) }
}

const gone = (socket: Socket): Promise<void> => new Promise((resolve) => { socket.on('close', () => resolve()) })
const page = (status: number) => (response: ServerResponse): void => { response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Not what you want</h1>') }
const refuse = (status: string) => (socket: Socket): void => { socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>No</h1>`) }

async function works ({ client }: Probe): Promise<boolean> {
  return await client.call(Echo, { text: 'it works' }) === 'it works'
}

for (const status of ['403 Forbidden', '404 Not Found', '200 OK', '502 Bad Gateway']) {
  t.test(`handshakes that are answered ${status} are no end: events at once, without a pause`, async (t) => {
    const { gateway, app } = await setUp(t)
    gateway.onUpgrade = refuse(status)
    const probe = await connected(t, gateway.url, { clock: new FakeClock() })
    t.ok(await works(probe))
    t.strictSame([probe.states, gateway.requests.slice(0, 3), app.mse.sessions.size], [['open events'], ['GET websocket', 'POST', STREAM], 1])
  })
}

t.test('a handshake that hangs is given up after its time: events, and the late handshake finds nobody', async (t) => {
  const { gateway, app } = await setUp(t)
  const clock = new FakeClock()
  let closed: Promise<void> | undefined
  gateway.onUpgrade = (socket) => { closed = gone(socket.resume()) }
  const probe = connect(t, gateway.url, { clock })
  await gateway.seen('GET websocket')
  clock.advance(4_999)
  t.equal(gateway.requests.length, 1)
  clock.advance(1)
  await probe.state(isOpen)
  await closed
  t.ok(await works(probe))
  t.strictSame([probe.states, app.mse.sessions.size], [['open events'], 1])
})

t.test('a WebSocket whose frames are swallowed is given up after its time: events', async (t) => {
  const { gateway, app } = await setUp(t)
  const clock = new FakeClock()
  let closed: Promise<void> | undefined
  gateway.onUpgrade = (socket, { passHandshake }) => {
    closed = gone(socket)
    passHandshake('both')
  }
  const probe = connect(t, gateway.url, { clock })
  await gateway.seen('GET websocket')
  clock.advance(5_000)
  await probe.state(isOpen)
  await closed
  t.ok(await works(probe))
  t.strictSame([probe.states, app.mse.sessions.size], [['open events'], 1])
})

t.test('a session that was opened on a way that leads only there is ended when the way is given up', async (t) => {
  const { gateway, app } = await setUp(t)
  const clock = new FakeClock()
  const opened = new Promise<string>((resolve) => { app.mse.on('session', ({ session }) => resolve(session.id)) })
  const ended = new Promise<string>((resolve) => { app.mse.on('ended', ({ session }) => resolve(session.id)) })
  gateway.onUpgrade = (_socket, { passHandshake }) => passHandshake('down')
  const probe = connect(t, gateway.url, { clock })
  const id = await opened
  clock.advance(5_000)
  t.equal(await ended, id)
  await probe.state(isOpen)
  t.ok(await works(probe))
  t.strictSame([probe.states, probe.told.session, app.mse.sessions.size], [['open events'], [{ fresh: false }], 1])
})

t.test('a stream that the way holds back is given up after its time: polls, in the same session', async (t) => {
  const { gateway, app } = await setUp(t)
  const clock = new FakeClock()
  gateway.onUpgrade = refuse('403 Forbidden')
  let closed: Promise<unknown> | undefined
  gateway.onRequest = (incoming, response, pass) => {
    if (incoming.headers.accept !== 'text/event-stream') return pass()
    closed = gone(incoming.socket)
    response.write = () => true
    pass()
  }
  const probe = connect(t, gateway.url, { clock })
  await gateway.seen(STREAM)
  clock.advance(5_000)
  await probe.state(isOpen)
  await closed
  t.ok(await works(probe))
  t.strictSame([probe.states, app.mse.sessions.size, probe.told.session], [['open poll'], 1, [{ fresh: false }]])
})

t.test('what has worked is what the next client of the process begins with', async (t) => {
  const { gateway } = await setUp(t)
  gateway.onUpgrade = refuse('403 Forbidden')
  await connected(t, gateway.url)
  gateway.requests.length = 0
  const next = new Client({ url: gateway.url, getToken: () => makeToken(), WebSocket })
  t.teardown(() => next.close())
  t.equal(await next.call('ping'), 'pong')
  t.strictSame([next.transport, gateway.requests.includes('GET websocket')], ['events', false])
})

for (const lesser of ['events', 'poll'] as const) {
  t.test(`WebSocket is tried again quietly while ${lesser} is at work, and the session moves with everything in it`, async (t) => {
    const { gateway, app } = await setUp(t)
    gateway.onUpgrade = refuse('403 Forbidden')
    const probe = await connected(t, gateway.url, { transports: ['websocket', lesser], upgradeIntervalMs: 60, messagesPerSecond: Infinity })
    const heard: string[] = []
    probe.client.on('chat', ({ message }) => heard.push(message))
    gateway.onUpgrade = (_socket, { pass }) => pass()
    const answers: string[] = []
    let count = 0
    while (probe.client.transport !== 'websocket' || count < 30) {
      say(app, `${count}`)
      answers.push(await probe.client.call(Echo, { text: `${count++}` }))
    }
    await probe.times('notification', count)
    const numbers = Array.from({ length: count }, (_, n) => `${n}`)
    t.strictSame(answers, numbers)
    t.strictSame(heard, numbers)
    t.strictSame(probe.states, [`open ${lesser}`, 'open websocket'], 'no other state between')
    t.strictSame([probe.told.reset, probe.told.session, app.mse.sessions.size], [[], [{ fresh: false }], 1])
  })

  t.test(`twenty idle sessions move from ${lesser} to WebSocket, and stay there`, async (t) => {
    const { gateway, app } = await startServer(t, { maxSessionsPerUser: 40 }).then(async (world) => ({ ...world, gateway: await Gateway.start(t, world.url) }))
    gateway.onUpgrade = refuse('403 Forbidden')
    const probes = await Promise.all(Array.from({ length: 20 }, () => connected(t, gateway.url, { transports: ['websocket', lesser], upgradeIntervalMs: 60, minBackoffMs: 500 })))
    gateway.onUpgrade = (_socket, { pass }) => pass()
    await Promise.all(probes.map((probe) => probe.state(({ transport }) => transport === 'websocket')))
    await Promise.all(probes.map(works))
    t.strictSame(probes.map(({ states }) => states), probes.map(() => [`open ${lesser}`, 'open websocket']))
    t.equal(app.mse.sessions.size, 20)
  })
}

t.test('quiet attempts that fail change nothing', async (t) => {
  const { gateway, app } = await setUp(t)
  gateway.onUpgrade = refuse('403 Forbidden')
  const probe = await connected(t, gateway.url, { upgradeIntervalMs: 20 })
  await gateway.seen('GET websocket', 4)
  t.ok(await works(probe))
  t.strictSame([probe.states, probe.client.transport, app.mse.sessions.size], [['open events'], 'events', 1])
  t.equal(gateway.requests.filter((request) => request === STREAM).length, 1, 'the stream is still the first')
})

t.test('a quiet attempt that comes to a server without the session leaves it where it is', async (t) => {
  const { gateway, app } = await setUp(t)
  const other = await startServer(t)
  gateway.onUpgrade = refuse('403 Forbidden')
  const probe = await connected(t, gateway.url, { upgradeIntervalMs: 20 })
  gateway.onUpgrade = (_socket, { pass }) => {
    gateway.leadTo(other.url)
    pass()
    gateway.leadTo(`http://127.0.0.1:${(app.server.address() as { port: number }).port}`)
  }
  await gateway.seen('GET websocket', 3)
  t.ok(await works(probe))
  t.strictSame([probe.states, probe.told.reset, app.mse.sessions.size, other.app.mse.sessions.size], [['open events'], [], 1, 0])
})

for (const status of [200, 502]) {
  t.test(`a page with status ${status} instead of a session is no session: later attempts find one`, async (t) => {
    const { gateway } = await setUp(t)
    gateway.onUpgrade = refuse('403 Forbidden')
    gateway.onRequest = (_incoming, response) => page(status)(response)
    const probe = connect(t, gateway.url)
    const { failure, retryInMs }: StateEvent = await probe.state(({ state }) => state === 'connecting')
    t.match([failure, retryInMs], [{ reason: 'link', code: status }, Number])
    t.strictSame(gateway.requests.slice(0, 3), ['GET websocket', 'POST', 'POST'], 'every way is tried before there is a pause')
    gateway.onRequest = (_incoming, _response, pass) => pass()
    await probe.state(isOpen)
    t.ok(await works(probe))
  })

  for (const transport of ['events', 'poll'] as const) {
    t.test(`a message to which a page with status ${status} is the answer is sent again, and runs once, over ${transport}`, async (t) => {
      const { gateway, ran } = await setUp(t)
      const probe = await connected(t, gateway.url, { transports: [transport] })
      let pages = 0
      gateway.onRequest = (incoming, response, pass) => incoming.method === 'POST' && pages++ < 2 ? page(status)(response) : pass()
      t.equal(await probe.client.call(Echo, { text: 'once' }), 'once')
      t.strictSame([ran, probe.states, pages > 2], [['once'], [`open ${transport}`], true])
    })

    t.test(`a message whose way stays a page with status ${status} costs the link, not the message, over ${transport}`, async (t) => {
      const { gateway, ran } = await setUp(t)
      const probe = await connected(t, gateway.url, { transports: [transport] })
      gateway.onRequest = (incoming, response, pass) => incoming.method === 'POST' ? page(status)(response) : pass()
      const echoed = probe.client.call(Echo, { text: 'once' })
      await probe.state(({ state }) => state === 'reconnecting')
      gateway.onRequest = (_incoming, _response, pass) => pass()
      t.equal(await echoed, 'once')
      t.strictSame(ran, ['once'])
    })
  }

  t.test(`a page with status ${status} instead of a poll breaks the link, not the session`, async (t) => {
    const { gateway } = await setUp(t)
    const probe = await connected(t, gateway.url, { transports: ['poll'] })
    gateway.onRequest = (incoming, response, pass) => incoming.method === 'GET' ? page(status)(response) : pass()
    gateway.cutAll()
    await probe.state(({ failure }) => failure?.code === status || (status === 200 && failure?.message === 'the server cannot be reached'))
    gateway.onRequest = (_incoming, _response, pass) => pass()
    t.ok(await works(probe))
    t.strictSame(probe.told.session, [{ fresh: false }])
    t.ok(gateway.requests.includes(POLL))
  })
}

t.test('an answer that is JSON, with an error that is not of the protocol, is no answer of the server', async (t) => {
  const { gateway } = await setUp(t)
  gateway.onUpgrade = refuse('403 Forbidden')
  gateway.onRequest = (_incoming, response) => { response.writeHead(403, { 'content-type': 'application/json' }).end('{"statusCode":403,"error":"Forbidden"}') }
  const probe = connect(t, gateway.url)
  const { failure } = await probe.state(({ state }) => state === 'connecting')
  t.match(failure, { reason: 'link', code: 403, message: 'HTTP 403' })
  t.strictSame(gateway.requests, ['GET websocket', 'POST', 'POST'])
})

t.test('a message that is too long for the way is refused, and the next goes on', async (t) => {
  const { gateway, ran, hasRun } = await setUp(t)
  const probe = await connected(t, gateway.url, { transports: ['events'] })
  gateway.onRequest = (incoming, response, pass) => Number(incoming.headers['content-length']) > 10_000 ? page(413)(response) : pass()
  const long = probe.client.call(Echo, { text: 'x'.repeat(20_000) })
  const short = probe.client.call(Echo, { text: 'short' })
  await t.rejects(long, { name: 'ClientError', reason: 'tooBig', code: 413, message: 'echo is too long for the way' })
  t.equal(await short, 'short')
  await hasRun(1)
  t.strictSame([ran, probe.states], [['short'], ['open events']])
})
