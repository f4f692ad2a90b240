import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { Client } from './client.ts'
import { requirement } from './requirement.ts'
import { websocketWire } from './wires.ts'

const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
const PONG = '{"id":1,"jsonrpc":"2.0","result":"pong"}'

const endpoint = (url: string): string => `${url.replace('http', 'ws')}/mse`
const socketOf = ({ wire }: Client): WebSocket => (wire as unknown as { socket: WebSocket }).socket

requirement('MSE-WS-1', 'takes text and binary frames alike, and sends text', async (t, open) => {
  const client = await (await open()).open()
  const kinds: boolean[] = []
  socketOf(client).on('message', (_data, isBinary) => kinds.push(isBinary))
  t.strictSame(await client.exchange(PING), JSON.parse(PONG))
  t.strictSame(await client.exchange(Buffer.from(PING)), JSON.parse(PONG))
  t.strictSame(kinds, [false, false])
})

requirement('MSE-WS-2', 'agrees to mse.v1 and to nothing else', async (t, open) => {
  const { url } = await open()
  for (const [offered, agreed] of [[[], ''], [['mse.v1'], 'mse.v1'], [['chat', 'mse.v1', 'mqtt'], 'mse.v1']] as const) {
    const wire = await websocketWire(endpoint(url), [...offered])
    t.equal(wire.socket.protocol, agreed)
    wire.send(PING)
    t.equal(await wire.next(), PONG)
    wire.leave()
  }
  await t.rejects(websocketWire(endpoint(url), ['chat']), /no subprotocol/)
  await t.rejects(websocketWire(endpoint(url), ['MSE.V1']), /no subprotocol/)
})

requirement('MSE-WS-3', 'closes on a text frame that is not UTF-8 and answers a binary one', async (t, open) => {
  const client = await (await open()).open()
  const bytes = Buffer.from([0x22, 0xff, 0x22])
  t.match(await client.exchange(bytes), { id: null, error: { code: -32700 } })
  socketOf(client).send(bytes, { binary: false })
  await client.isClosed(t, 1007)
})

requirement('MSE-WS-4', 'pings, and closes with 4001 who does not answer', async (t, open) => {
  const world = await open({ pingIntervalMs: 20_000 })
  const alive = await world.join('ada')
  const mute = new Client(await websocketWire(endpoint(world.url), [], { autoPong: false }))
  await mute.succeed('auth', { token: world.token(), version: '1.0' })
  let pings = 0
  socketOf(alive).on('ping', () => { pings++ })
  world.clock.advance(17_999)
  await alive.isSilent(t)
  t.equal(pings, 0, 'not before 18 s')
  const pinged = Promise.all([alive, mute].map((client) => once(socketOf(client), 'ping')))
  world.clock.advance(4_001)
  await pinged
  await alive.isSilent(t, 'its pong is there')
  world.clock.advance(9_999)
  await mute.isClosed(t, 4001)
  await alive.isSilent(t, 'who answers stays')
})

requirement('MSE-WS-5', 'does not compress', async (t, open) => {
  const client = await (await open()).open()
  t.equal(socketOf(client).extensions, '', 'although this client offers it')
})

requirement('MSE-WS-6', 'answers 426 to a request without upgrade', async (t, open) => {
  const { url } = await open()
  const response = await fetch(`${url}/mse`)
  t.equal(response.status, 426)
  t.equal(response.headers.get('upgrade'), 'websocket')
  t.equal(await response.text(), '')
})

requirement('MSE-WS-7', 'turns foreign pages and foreign hosts away before the handshake', async (t, open) => {
  const { url } = await open()
  const port = new URL(url).port
  for (const origin of ['http://evil.example', 'null', `http://127.0.0.1.evil.example:${port}`, 'http://127.0.0.1:1']) {
    await t.rejects(websocketWire(endpoint(url), [], { origin }), /403/, origin)
  }
  await t.rejects(websocketWire(endpoint(url), [], { headers: { host: `evil.example:${port}` } }), /403/)
  for (const options of [{}, { origin: url }]) (await websocketWire(endpoint(url), [], options)).leave()
})

requirement('MSE-WS-8', 'closes with 1012 when the server goes down, and lets nobody in meanwhile', async (t, open) => {
  const world = await open()
  const [quick, stuck] = [await world.join('ada'), await world.open()]
  stuck.wire.stall()
  const down = world.shutdown()
  await quick.isClosed(t, 1012)
  await t.rejects(websocketWire(endpoint(world.url)), /503/)
  world.clock.advance(1_000)
  await down
  await t.rejects(websocketWire(endpoint(world.url)), { code: 'ECONNREFUSED' })
})

requirement('MSE-WS-9', 'ends a session with its socket', async (t, open) => {
  const world = await open()
  const ended = new Promise((resolve) => world.mse.on('ended', resolve))
  const client = await world.join('ada', { start: true })
  t.match(await client.fail('$/resume', {}), { code: -32601 })
  client.wire.leave()
  await ended
  t.equal(world.mse.sessions.size, 0)
  t.equal(world.engine.openPeers.length, 0)
  t.match(await (await world.open()).fail('start'), { code: -5001 }, 'a new socket is a stranger')
})

requirement('MSE-WS-10', 'takes the socket from a peer that does not answer a close frame', async (t, open) => {
  const world = await open()
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(`GET /mse HTTP/1.1\r\nHost: ${new URL(world.url).host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`)
  await bytesWith(socket, '\r\n\r\n')
  const closeFrame = bytesWith(socket, '\x88')
  world.clock.advance(10_000)
  await closeFrame
  t.equal(socket.readableEnded, false, 'it has its time')
  const gone = once(socket, 'close')
  world.clock.advance(1_000)
  await gone
})

/** Reads until the bytes are there; what comes after them is read by the next. */
async function bytesWith (socket: Socket, bytes: string): Promise<void> {
  let seen = ''
  while (!seen.includes(bytes)) {
    const [chunk] = await once(socket, 'data') as [Buffer]
    seen += chunk.toString('latin1')
  }
}
