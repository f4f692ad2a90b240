/** What breaks RFC 6455 or a limit: the code of the close, and that it costs nothing beyond. */
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import fastifyWebsocket from '@fastify/websocket'
import type { MseEvents } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { makeToken } from '../helpers/tokens.ts'
import { OPCODES, type RawClient, frame } from '../helpers/websocket-client.ts'
import { announce, closeFrame, fragments } from './raw-frames.ts'
import { PING, PONG, openScene, textOf } from './socket-scene.ts'
import type { SocketScene } from './socket-scene.ts'

const { text, binary, continuation, close, ping, pong } = OPCODES
const MIB = 1_048_576

type Breach = readonly [what: string, bytes: Buffer]

/** Each breach is closed with the code, its session is over by then, and the socket goes although the peer never answers. */
async function closesAll (t: Test, scene: SocketScene, code: number, breaches: readonly Breach[]): Promise<void> {
  const ended: Array<MseEvents['ended']> = []
  const { openLinks } = scene.app.mse
  scene.app.mse.on('ended', (event) => { ended.push(event) })
  for (const [what, bytes] of breaches) {
    const raw = await scene.enter()
    raw.write(bytes, frame(text, PING))
    t.equal(await raw.closeCode(), code, what)
    t.equal(scene.app.mse.openLinks, openLinks, 'its session is over')
  }
  t.equal(ended.length, breaches.length)
  await scene.isAlive()
}

t.test('35: a message above the limit is 1009 as soon as its header is there, whatever length it announces', async (t) => {
  const scene = await openScene(t)
  const before = process.memoryUsage().arrayBuffers
  const lengths = [262_145n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]
  await closesAll(t, scene, 1009, [
    ...lengths.flatMap((length): Breach[] => [
      [`text of ${length}`, announce(text, length)], [`binary of ${length}`, announce(binary, length, { fin: false })],
      [`continuation of ${length}`, Buffer.concat([frame(text, 'x', { fin: false }), announce(continuation, length)])]
    ]),
    ['a byte too much in one frame', frame(text, 'x'.repeat(262_145))],
    ['a byte too much in two', fragments(['x'.repeat(262_144), 'x'])],
    ['a byte too much after nothing', fragments(['', '', 'x'.repeat(262_144), '', 'x'], { isFinished: false })]
  ])
  t.ok(process.memoryUsage().arrayBuffers - before < 20 * MIB, 'nothing of it was made room for')
})

t.test('35: before auth the smaller limit holds, and a length written longer than need be changes nothing', async (t) => {
  const scene = await openScene(t)
  const fill = (bytes: number): string => PING.replace('}', `,"fill":"${'x'.repeat(bytes - PING.length - 10)}"}`)
  for (const [bytes, code] of [[16_384, null], [16_385, 1009], [262_144, 1009], [262_145, 1009]] as const) {
    const raw = await scene.enter({ authenticates: false })
    raw.write(frame(text, fill(bytes)))
    if (code === null) t.equal(await textOf(raw), PONG, 'exactly the limit')
    else t.equal(await raw.closeCode(), code, `${bytes} bytes`)
  }
  const raw = await scene.enter()
  raw.write(announce(text, BigInt(PING.length), { width: 2 }), PING, announce(text, BigInt(PING.length)), PING)
  t.strictSame([await textOf(raw), await textOf(raw)], [PONG, PONG])
  await scene.isAlive()
})

/** Writes one piece after another, each when the server has read what was before it. */
async function writeInTurn (raw: RawClient, socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  raw.socket.setNoDelay(true)
  let sent = socket.bytesRead
  for (const piece of pieces) {
    while (!socket.destroyed && socket.bytesRead < sent) await new Promise(setImmediate)
    raw.write(piece)
    sent += piece.length
  }
}

t.test('35: before auth a message is 1009 as soon as more of it is here than it may have, in whatever form', async (t) => {
  const scene = await openScene(t)
  const [x, four, twenty] = [Buffer.from('x'), Buffer.alloc(4_000, 'x'), Buffer.alloc(20_000, 'x')]
  const forms: ReadonlyArray<readonly [what: string, pieces: readonly Buffer[]]> = [
    ['text', [announce(text, 200_000n), twenty]],
    ['text of which a little comes at a time', [announce(text, 60_000n, { width: 2 }), four, four, four, four, four]],
    ['text byte by byte, then much', [announce(text, 200_000n), ...Array<Buffer>(300).fill(x), twenty]],
    ['binary', [announce(binary, 200_000n), four, four, four, four, four]],
    ['a frame of several', [frame(text, 'x', { fin: false }), announce(continuation, 200_000n), twenty]],
    ['frames', [frame(text, four, { fin: false }), ...Array<Buffer>(5).fill(frame(continuation, four, { fin: false }))]]
  ]
  for (const [what, pieces] of forms) {
    const stranger = await scene.enter({ authenticates: false })
    await writeInTurn(stranger, scene.sockets.at(-1) as Socket, pieces)
    t.equal(await stranger.closeCode(), 1009, what)
    t.equal(scene.app.mse.openLinks, 1, 'its session is over')
    const member = await scene.enter()
    await writeInTurn(member, scene.sockets.at(-1) as Socket, pieces)
    await scene.bystanderAnswers()
    t.equal(scene.app.mse.openLinks, 2, `${what}, after auth`)
    member.socket.destroy()
    while (scene.app.mse.openLinks > 1) await new Promise(setImmediate)
  }
  const stranger = await scene.enter({ authenticates: false })
  const many = Buffer.concat(Array<Buffer>(5).fill(fragments([PING.padEnd(5_000), ''])))
  await writeInTurn(stranger, scene.sockets.at(-1) as Socket, [many, many, many])
  for (let answers = 0; answers < 15; answers++) t.equal(await textOf(stranger), PONG, 'short ones are no long one')
  await scene.isAlive()
})

t.test('35: who has authenticated on a link may send more, whoever read it before', async (t) => {
  const scene = await openScene(t)
  const raw = await scene.enter({ authenticates: false })
  raw.write(fragments([PING, '']))
  t.equal(await textOf(raw), PONG, 'a message in two frames')
  const auth = JSON.stringify({ id: 1, method: 'auth', jsonrpc: '2.0', params: { token: makeToken({ userId: 'late' }), version: '1.0' } })
  raw.write(frame(text, auth))
  t.match(await textOf(raw), '"authenticated"')
  const long = frame(text, PING.padEnd(100_000))
  await writeInTurn(raw, scene.sockets.at(-1) as Socket, [long.subarray(0, 30_000), long.subarray(30_000, 60_000), long.subarray(60_000)])
  t.equal(await textOf(raw), PONG)
  await scene.isAlive()
})

t.test('36: more than 64 pieces of a message are 1008, with control frames between them too', async (t) => {
  const pieces = (count: number, piece: string): string[] => Array.from({ length: count }, () => piece)
  const scene = await openScene(t)
  const raw = await scene.enter()
  raw.write(fragments([...pieces(63, ''), PING]))
  t.equal(await textOf(raw), PONG, '64 are a message')
  await closesAll(t, scene, 1008, [
    ['65 of one byte', fragments(pieces(65, 'x'), { isFinished: false })],
    ['101 of one byte', fragments(pieces(101, 'x'))],
    ['1,000 empty ones', fragments(pieces(1_000, ''), { isFinished: false })],
    ['100 empty binary ones', fragments(pieces(100, ''), { opcode: binary })],
    ['65 with pongs between them', Buffer.concat(pieces(65, '').flatMap((_, place) => [frame(place === 0 ? text : continuation, '', { fin: false }), frame(pong, 'x')]))]
  ])
})

t.test('36: a frame that comes byte by byte is 1008 when a thousand pieces of it wait', async (t) => {
  const scene = await openScene(t)
  const raw = await scene.enter()
  raw.socket.setNoDelay(true)
  const socket = scene.sockets.at(-1)
  let sent = socket?.bytesRead ?? 0
  const send = async (bytes: Buffer): Promise<void> => {
    raw.write(bytes)
    sent += bytes.length
    while (socket?.destroyed === false && socket.bytesRead < sent) await new Promise(setImmediate)
  }
  await send(announce(text, 60_000n))
  for (let byte = 0; byte < 1_024; byte++) await send(Buffer.from('x'))
  t.equal(scene.app.mse.openLinks, 2, '1,024 may wait')
  raw.write('x')
  t.equal(await raw.closeCode(), 1008)
  await scene.isAlive()
})

// PROTOCOL.md has no limit of its own for a message that does not end: what holds is its size, the time for `auth`, and the pong.
t.test('36: who never ends a message is closed with 4501 after 10 s without auth, and with 4001 without a pong', async (t) => {
  const clock = new FakeClock(Date.now())
  const scene = await openScene(t, { clock, pingIntervalMs: 40_000, authTimeoutMs: 10_000 })
  const [stranger, member] = [await scene.enter({ authenticates: false }), await scene.enter()]
  for (const raw of [stranger, member]) raw.write(fragments(['x'.repeat(10_000), '', 'x'], { isFinished: false }))
  clock.advance(9_999)
  t.equal(scene.app.mse.openLinks, 3)
  clock.advance(1)
  t.equal(await stranger.closeCode(), 4501)
  clock.advance(34_000)
  // Everybody is pinged by now, and the bystander's pong comes before its answer.
  t.equal((await member.frame()).opcode, ping)
  await scene.bystanderAnswers()
  clock.advance(10_000)
  t.equal(await member.closeCode(), 4001)
  clock.advance(20)
  await scene.isAlive()
})

const RESERVED_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65_535]

t.test('37: what RFC 6455 forbids is 1002', async (t) => {
  const scene = await openScene(t)
  const begun = frame(text, '{', { fin: false })
  await closesAll(t, scene, 1002, [
    ...[1, 2, 3, 4, 5, 6, 7].map((rsv): Breach => [`reserved bits ${rsv}`, frame(text, PING, { rsv })]),
    ...[ping, pong, close].map((opcode): Breach => [`reserved bits on control opcode ${opcode}`, frame(opcode, '', { rsv: 4 })]),
    ['reserved bits on a continuation', Buffer.concat([begun, frame(continuation, '}', { rsv: 4 })])],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): Breach => [`reserved opcode ${opcode}`, frame(opcode, 'x')]),
    ...[text, binary, ping, pong, close].map((opcode): Breach => [`opcode ${opcode} without mask`, frame(opcode, '', { masked: false })]),
    ...[ping, pong, close].map((opcode): Breach => [`opcode ${opcode} in pieces`, frame(opcode, '', { fin: false })]),
    ...[ping, pong, close].map((opcode): Breach => [`opcode ${opcode} of 126 bytes`, frame(opcode, Buffer.alloc(126, 0x78))]),
    ...[ping, pong].map((opcode): Breach => [`opcode ${opcode} that announces 2 GiB`, announce(opcode, 2n ** 31n)]),
    ['a continuation of nothing', frame(continuation, PING)],
    ['a continuation after the end', Buffer.concat([fragments([' ', ' ']), frame(continuation, PING)])],
    ['a new text within a message', Buffer.concat([begun, frame(text, PING)])],
    ['a new binary within a message', Buffer.concat([begun, frame(binary, PING)])],
    ['a close frame of 1 byte', frame(close, 'x')],
    ...RESERVED_CODES.map((code): Breach => [`the close code ${code}`, closeFrame(code)]),
    ['HTTP instead of frames', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['zeros', Buffer.alloc(64)],
    ['ones', Buffer.alloc(64, 0xff)]
  ])
})

t.test('37: text that is not UTF-8 is 1007, also across pieces and in the reason of a close', async (t) => {
  const scene = await openScene(t)
  const [euro, broken] = [Buffer.from('€'), Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])]
  await closesAll(t, scene, 1007, [
    ['a byte that is never there', frame(text, Buffer.from([0x22, 0xff, 0x22]))],
    ['a surrogate', frame(text, broken)],
    ['an overlong slash', frame(text, Buffer.from([0x22, 0xc0, 0xaf, 0x22]))],
    ['beyond U+10FFFF', frame(text, Buffer.from([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]))],
    ['half a character at the end', frame(text, euro.subarray(0, 2))],
    ['half a character, and another message', fragments([euro.subarray(0, 1), 'x'])],
    ['the reason of a close', closeFrame(1000, Buffer.from([0xff]))]
  ])
  const raw = await (await openScene(t)).enter()
  const message = Buffer.from(PING.replace('1', '"€"'))
  const at = message.indexOf(euro) + 1
  raw.write(fragments([message.subarray(0, at), message.subarray(at)]))
  t.equal(await textOf(raw), PONG.replace('1', '"€"'), 'a character may be cut in two')
})

t.test('37: on a WebSocket server of the app itself a breach is closed in the same way', async (t) => {
  const scene = await openScene(t, {}, { before: (app) => app.register(fastifyWebsocket) })
  await closesAll(t, scene, 1002, [['without mask', frame(text, PING, { masked: false })], ['a reserved opcode', frame(3, 'x')], ['the close code 1005', closeFrame(1005)]])
})

t.test('37: whatever is allowed leaves the link open: pongs that nobody asked for, empty pings, a header in pieces', async (t) => {
  const scene = await openScene(t)
  const raw = await scene.enter()
  for (const byte of frame(text, PING)) raw.write(Buffer.from([byte]))
  t.equal(await textOf(raw), PONG)
  raw.write(...Array.from({ length: 2_000 }, () => frame(pong, 'unasked')), frame(ping, Buffer.alloc(125, 0x70)), frame(text, PING))
  t.strictSame((await raw.frame()).payload, Buffer.alloc(125, 0x70))
  t.equal(await textOf(raw), PONG)
  for (const code of [1000, 1001, 1011, 1014, 3000, 4999, undefined]) {
    const leaving = await scene.enter()
    leaving.write(closeFrame(code))
    const { opcode, payload } = await leaving.frame()
    t.strictSame([opcode, payload.length === 0 ? undefined : payload.readUInt16BE(0)], [close, code], `the close code ${code} is given back`)
  }
  await scene.isAlive()
})
