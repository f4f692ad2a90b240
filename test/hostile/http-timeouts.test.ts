/** Peers that say too little, against the server that `mse serve` runs: nobody has set anything. Its times are real ones, so these tests run side by side. */
import { type Socket, connect } from 'node:net'
import { EventEmitter } from 'node:events'
import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { serveApp } from '../../bin/serve-app.ts'
import { serveSettings } from '../../bin/serve-settings.ts'
import { limitSockets } from '../../bin/socket-limits.ts'
import { TEST_SECRET } from '../helpers/tokens.ts'
import { listen, portOf } from '../helpers/websocket-client.ts'
import { RawHttp, postText } from './raw-http.ts'
import { standBy } from './witness.ts'

/** The server of the command line, with what it does by itself. */
async function serve (t: Test, args: readonly string[] = []): Promise<FastifyInstance> {
  return listen(t, await serveApp(serveSettings(['--engine', 'none', '--env', 'production', '--log-level', 'silent', ...args], { MSE_SECRET: TEST_SECRET })))
}

/** Node looks for what is overdue so often. */
const CHECKED_EVERY_MS = 20

const BESIDE_THE_OTHERS = { buffered: true } as const
t.jobs = 3

t.test('46 47 what mse serve sets closes half a request within 4 s, a slow body within 6 s, and not all in one turn', async (t) => {
  const { server } = await serve(t)
  t.ok(server.headersTimeout + CHECKED_EVERY_MS <= 4_000, `headers: ${server.headersTimeout} ms`)
  t.ok(server.requestTimeout > 0 && server.requestTimeout + CHECKED_EVERY_MS <= 6_000, `requests: ${server.requestTimeout} ms`)
  const options = Object.getOwnPropertySymbols(server).map((symbol) => Reflect.get(server, symbol) as unknown)
  t.ok(options.some((value) => typeof value === 'object' && value !== null && Reflect.get(value, '_idleTimeout') === CHECKED_EVERY_MS), 'it looks often')
  t.equal(server.maxConnections, 18_000)
})

t.test('46 half a request line and half the headers are closed', BESIDE_THE_OTHERS, async (t) => {
  const app = await serve(t)
  const isUnharmed = await standBy(t, app)
  const halves = ['P', 'GET /ms', 'GET /mse HTTP/1.1', 'GET /mse HTTP/1.1\r\n', 'POST /mse HTTP/1.1\r\nHost: x\r\nMse-Session: a', 'GET /mse HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n']
  const attackers = halves.map((half) => new RawHttp(portOf(app)).write(half))
  // One goes on slowly: it is the whole that counts, not the last byte.
  const dripping = new RawHttp(portOf(app)).write('GET /mse HTTP/1.1\r\n')
  const drip = setInterval(() => dripping.write('x: y\r\n'), 250)
  t.teardown(() => clearInterval(drip))
  const second = new RawHttp(portOf(app)).write(postText('{"jsonrpc":"2.0","id":1,"method":"ping"}'))
  t.equal((await second.next())?.status, 200)
  second.write('POST /mse HTT')
  for (const attacker of [...attackers, dripping, second]) t.strictSame((await attacker.all()).map(({ status }) => status), [408])
  await isUnharmed()
})

t.test('47 a body that comes byte by byte is answered 408 and closed', BESIDE_THE_OTHERS, async (t) => {
  const app = await serve(t)
  const isUnharmed = await standBy(t, app)
  const raw = new RawHttp(portOf(app)).write(postText('', { 'content-length': '10000' }))
  const chunked = new RawHttp(portOf(app)).write(postText('', { 'content-length': null, 'transfer-encoding': 'chunked' }))
  const drip = setInterval(() => {
    raw.write('{')
    chunked.write('1\r\n{\r\n')
  }, 500)
  t.teardown(() => clearInterval(drip))
  for (const attacker of [raw, chunked]) t.strictSame((await attacker.all()).map(({ status }) => status), [408])
  await isUnharmed()
})

t.test('48 a thousand connections without a byte are closed, and others are served meanwhile', BESIDE_THE_OTHERS, async (t) => {
  const app = await serve(t)
  const isUnharmed = await standBy(t, app)
  const sockets: Socket[] = []
  const gone: Array<Promise<unknown>> = []
  for (let count = 0; count < 1_000; count++) {
    const socket = connect(portOf(app), '127.0.0.1')
    socket.on('error', () => {}).resume()
    gone.push(new Promise((resolve) => { socket.on('close', resolve) }))
    sockets.push(socket)
  }
  await Promise.all(sockets.map((socket) => new Promise((resolve) => { socket.once('connect', resolve) })))
  const asking = new RawHttp(portOf(app)).write(postText('{"jsonrpc":"2.0","id":1,"method":"ping"}', { connection: 'close' }))
  t.match(await asking.next(), { status: 200 })
  t.ok(sockets.some(({ destroyed }) => !destroyed), 'while they are there')
  await Promise.all(gone)
  await isUnharmed()
})

t.test('48 one network has no more than its share of the sockets, this machine and trusted proxies apart', async (t) => {
  class Peer extends EventEmitter {
    isGone = false
    readonly remoteAddress: string
    constructor (remoteAddress: string) { super(); this.remoteAddress = remoteAddress }
    destroy (): void { this.isGone = true }
  }
  const server = Object.assign(new EventEmitter(), { maxConnections: 0 })
  limitSockets(server as never, { maxSockets: 18_000, maxSocketsPerNetwork: 2 })
  const arrive = (address: string): Peer => {
    const peer = new Peer(address)
    server.emit('connection', peer)
    return peer
  }
  const first = arrive('203.0.113.5')
  t.strictSame(['203.0.113.5', '::ffff:203.0.113.5', '203.0.113.6'].map((address) => arrive(address).isGone), [false, true, false])
  t.strictSame(['2001:db8::1', '2001:db8:0:0:1::', '2001:db8::ffff', '2001:db8:0:1::1'].map((address) => arrive(address).isGone), [false, false, true, false])
  t.strictSame(['127.0.0.1', '127.0.0.1', '::1', '::ffff:127.0.0.1', '127.0.0.1'].map((address) => arrive(address).isGone), Array(5).fill(false))
  first.emit('close')
  t.strictSame(['203.0.113.5', '203.0.113.5'].map((address) => arrive(address).isGone), [false, true])
  t.equal(server.maxConnections, 18_000)
  const behindProxy = await serve(t, ['--trust-proxy', '10.0.0.0/8,loopback'])
  t.equal(behindProxy.server.listenerCount('connection') + 1, (await serve(t)).server.listenerCount('connection'), 'a proxy\'s sockets are not counted')
})
