/** What a peer may do with a WebSocket without breaking a rule of RFC 6455, and should not. */
import t from 'tap'
import fastifyWebsocket from '@fastify/websocket'
import { deflateRawSync } from 'node:zlib'
import { Type } from '@sinclair/typebox'
import { Chat, defineMethod } from '../../index.ts'
import type { Session } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { makeToken } from '../helpers/tokens.ts'
import { OPCODES, RawClient, frame, handshake, join, open } from '../helpers/websocket-client.ts'
import { closeFrame, fragments } from './raw-frames.ts'
import { PING, PONG, openScene, textOf } from './socket-scene.ts'
import type { SocketScene } from './socket-scene.ts'

const NEVER_MS = 1e12
const MIB = 1_048_576
const tell = (method: string, params: object = {}): Buffer => frame(OPCODES.text, JSON.stringify({ method, jsonrpc: '2.0', params }))
const AUTH = (): string => JSON.stringify({ id: 2, method: 'auth', jsonrpc: '2.0', params: { token: makeToken(), version: '1.0' } })

/** The head of the answer to a handshake with these headers, and the client. */
async function shake ({ app }: SocketScene, headers: Record<string, string>): Promise<{ raw: RawClient, head: string }> {
  const raw = new RawClient(app)
  t.teardown(() => raw.socket.destroy())
  raw.write(handshake(app, headers))
  return { raw, head: await raw.head() }
}

t.test('38: 2,000 pings at once end the connection, not the server, and 20,000 to a peer that does not read cost no memory', async (t) => {
  const scene = await openScene(t)
  const polite = await scene.enter()
  polite.write(...Array.from({ length: 50 }, (_, place) => frame(OPCODES.ping, `${place}`)))
  for (let place = 0; place < 50; place++) t.equal(await textOf(polite), `${place}`)
  const raw = await scene.enter()
  raw.write(...Array.from({ length: 2_000 }, () => frame(OPCODES.ping, Buffer.alloc(125))))
  await raw.closed
  const deaf = await scene.enter()
  const socket = scene.sockets.at(-1)
  deaf.socket.pause()
  const gone = new Promise((resolve) => { socket?.on('close', resolve) })
  let most = 0
  socket?.on('data', () => { most = Math.max(most, socket.writableLength) })
  deaf.write(...Array.from({ length: 20_000 }, () => frame(OPCODES.ping, Buffer.alloc(125))))
  await gone
  t.ok(most < 60 * 200, `${most} bytes of pongs waited at the most`)
  await scene.isAlive()
})

t.test('39: a binary frame is UTF-8 text, whole or in pieces, and what is not is -32700', async (t) => {
  const scene = await openScene(t)
  const raw = await scene.enter()
  const send = async (...frames: Buffer[]): Promise<string> => {
    raw.write(...frames)
    const { opcode, payload } = await raw.frame()
    t.equal(opcode, OPCODES.text, 'the answer is text')
    return payload.toString()
  }
  t.equal(await send(frame(OPCODES.binary, PING)), PONG)
  const euro = Buffer.from(PING.replace('1', '"€"'))
  t.equal(await send(fragments([...euro].map((byte) => Buffer.from([byte])), { opcode: OPCODES.binary })), PONG.replace('1', '"€"'))
  for (const bytes of [
    Buffer.alloc(0), Buffer.from([0xff]), Buffer.from(PING, 'utf16le'), Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(PING)]), Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(PING, 'utf16le')]),
    euro.subarray(0, 8), Buffer.from(PING.replace('ping', 'pi\u0000ng'), 'latin1'), Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), Buffer.alloc(10_000, 0x80), deflateRawSync(PING)
  ]) t.match(await send(frame(OPCODES.binary, bytes)), '{"id":null,"jsonrpc":"2.0","error":{"code":-32700', bytes.subarray(0, 12).toString('hex'))
  t.equal(await send(frame(OPCODES.text, PING)), PONG)
  await scene.isAlive()
})

t.test('40: a subprotocol that is not ours is not agreed to, and a list of any length or form refuses nobody', async (t) => {
  const scene = await openScene(t)
  const many = Array.from({ length: 1_000 }, (_, place) => `p${place}`)
  const offers: ReadonlyArray<readonly [string, string | null]> = [
    [many.join(', '), null], [`mse.v1.resume, ${many.join(', ')}`, 'mse.v1.resume'], [`${many.slice(0, 30).join()},mse.v1`, 'mse.v1'], ['mse.v1, mse.v1, mse.v1', 'mse.v1'], ['mse.v1,mse.v1.resume', 'mse.v1.resume'],
    [','.repeat(8_000), null], [`${' '.repeat(4_000)}mse.v1${' '.repeat(4_000)}`, 'mse.v1'], [', ,\t,', null], ['"mse.v1"', null], ['mse.v1;q=1', null], ['mse.v1 mse.v1.resume', null], ['Mse.v1', null],
    ['constructor, __proto__', null], ['mse.v1\u00e9', null], ['(){}[]<>@', null], ['x'.repeat(8_000), null]
  ]
  for (const [offered, agreed] of offers) {
    const { raw, head } = await shake(scene, { 'Sec-WebSocket-Protocol': offered })
    t.match(head, /^HTTP\/1.1 101 /, offered.slice(0, 40))
    t.equal(/sec-websocket-protocol: (.*)/i.exec(head)?.[1] ?? null, agreed, offered.slice(0, 40))
    raw.write(frame(OPCODES.text, PING))
    t.equal(await textOf(raw), PONG)
    raw.socket.destroy()
  }
  const { raw, head } = await shake(scene, { 'Sec-WebSocket-Protocol': 'x'.repeat(20_000) })
  t.match(head, /^HTTP\/1.1 431 /, 'Node takes 16 KiB of headers')
  raw.socket.destroy()
  await scene.isAlive()
})

const COMPRESSION = 'permessage-deflate; client_max_window_bits; server_no_context_takeover'

for (const [where, before] of [['our own server', undefined], ['one of the app that compresses', fastifyWebsocket]] as const) {
  t.test(`41: no compression is agreed to on ${where}, and a frame that expands a thousandfold is not expanded`, async (t) => {
    const scene = await openScene(t, {}, before === undefined ? {} : { before: (app) => app.register(before, { options: { perMessageDeflate: { threshold: 0 }, maxPayload: 262_144 } }) })
    const bomb = deflateRawSync(Buffer.alloc(200 * MIB))
    const rss = process.memoryUsage.rss()
    for (const offer of [COMPRESSION, 'permessage-deflate', 'permessage-deflate; server_max_window_bits=8, permessage-deflate', 'x-webkit-deflate-frame', 'permessage-deflate; client_max_window_bits=99', ';;;']) {
      const { raw, head } = await shake(scene, { 'Sec-WebSocket-Extensions': offer })
      t.match(head, /^HTTP\/1.1 101 /, offer)
      t.notMatch(head.toLowerCase(), 'sec-websocket-extensions', offer)
      raw.write(frame(OPCODES.text, bomb, { rsv: 4 }))
      t.equal(await raw.closeCode(), 1002)
      raw.socket.destroy()
    }
    t.ok(process.memoryUsage.rss() - rss < 50 * MIB, 'not one bomb of 200 MiB was expanded')
    await scene.isAlive()
  })
}

const BIG = 'x'.repeat(100_000)

function addBig ({ app }: SocketScene): void {
  app.mse.method(defineMethod({ name: 'big', access: 'public', result: Type.String() }), () => BIG)
}

/** Asks for big answers and reads none, until something is so. @returns the most bytes that waited at the server, and how often it asked */
async function askWithoutReading (scene: SocketScene, raw: RawClient, isOver: () => boolean): Promise<{ most: number, asked: number }> {
  const socket = scene.sockets.at(-1)
  raw.socket.pause()
  let most = 0
  for (let asked = 0; ; asked++) {
    if (isOver()) return { most, asked }
    raw.write(frame(OPCODES.text, `{"id":${asked},"method":"big","jsonrpc":"2.0"}`))
    await new Promise(setImmediate)
    most = Math.max(most, socket?.writableLength ?? 0)
  }
}

t.test('42: who asks without reading is closed with 4000 when 1 MiB waits', async (t) => {
  const scene = await openScene(t, { messageBurst: 1_000_000 })
  addBig(scene)
  const codes: number[] = []
  scene.app.mse.on('ended', ({ reason }) => { codes.push(reason.code) })
  const raw = await scene.enter()
  const { most } = await askWithoutReading(scene, raw, () => codes.length > 0)
  t.strictSame(codes, [4000])
  t.ok(most < 1.5 * MIB, `${most} bytes waited at the most`)
  await scene.isAlive()
})

t.test('42: with mse.v1.resume the session is kept, and its client gets every answer when it comes back', async (t) => {
  const scene = await openScene(t, { messageBurst: 1_000_000 })
  addBig(scene)
  const raw = await scene.enter({ protocol: 'mse.v1.resume' })
  const { session: id, epoch } = (JSON.parse(await textOf(raw)) as { params: { session: string, epoch: string } }).params
  const session = scene.app.mse.sessions.get(id) as Session
  const { most } = await askWithoutReading(scene, raw, () => session.transport === 'none')
  t.equal(session.ended, null)
  t.ok(most < 1.5 * MIB && session.record.outbox.bytes < 1.5 * MIB, `${most} bytes waited in the socket and ${session.record.outbox.bytes} in the outbox`)
  const { top } = session.record.outbox
  const back = await open(scene.app, { protocols: ['mse.v1.resume'] })
  t.match(await back.call('$/resume', { session: id, epoch, received: 0 }), { result: { resumed: true } })
  for (let number = 1; number <= top; number++) {
    t.equal((await back.next()).result, BIG, `answer ${number}`)
    back.send({ method: '$/ack', jsonrpc: '2.0', params: { received: number } })
  }
  t.match(await back.call('ping'), { result: 'pong' })
  back.send({ method: 'disconnect', jsonrpc: '2.0' })
  t.match(await back.closed, { code: 1000 })
  await scene.isAlive()
})

t.test('43: a peer that does not answer our close loses its socket, also one that goes on sending or ends its half', async (t) => {
  // So long that the timer of ws itself, on real time, never comes first.
  const clock = new FakeClock(Date.now())
  const scene = await openScene(t, { clock, closeTimeoutMs: 60_000, pingIntervalMs: NEVER_MS, pongTimeoutMs: NEVER_MS })
  const behaviours: Record<string, (raw: RawClient) => void> = {
    silent: () => {},
    sending: (raw) => raw.write(...Array.from({ length: 100 }, () => frame(OPCODES.text, PING))),
    pinging: (raw) => raw.write(frame(OPCODES.ping, 'x')),
    'in the middle of a message': (raw) => raw.write(frame(OPCODES.text, '{', { fin: false })),
    deaf: (raw) => raw.socket.pause()
  }
  for (const [name, behave] of Object.entries(behaviours)) {
    const raw = await scene.enter()
    const socket = scene.sockets.at(-1)
    const gone = new Promise((resolve) => { socket?.on('close', resolve) })
    raw.write(tell('disconnect'))
    t.equal(await raw.closeCode(), 1000, name)
    behave(raw)
    await scene.bystanderAnswers()
    clock.advance(59_999)
    t.equal(socket?.destroyed, false, 'it has its time')
    clock.advance(1)
    await gone
  }
  const half = await scene.enter()
  half.write(tell('disconnect'))
  await half.closeCode()
  half.socket.end()
  await half.closed
  await scene.isAlive()
})

t.test('44: what comes after a close frame, ours or the peer\'s, is not run, not answered and not counted', async (t) => {
  const scene = await openScene(t, { closeTimeoutMs: 1_000 })
  const { mse } = scene.app
  const ran: string[] = []
  mse.use((call, next) => {
    ran.push(call.contract.name)
    return next()
  })
  const witness = await join(scene.app, { userId: 'witness' })
  const late = [tell('chat', { to: [], message: 'late' }), frame(OPCODES.text, AUTH()), frame(OPCODES.text, PING), frame(OPCODES.binary, PING), frame(OPCODES.text, '{bad'), frame(OPCODES.ping, 'x'), closeFrame(1000), closeFrame(4999), closeFrame(1000)]
  const endings: Record<string, Buffer[]> = {
    ours: [tell('disconnect')], 'the peer\'s': [closeFrame(1000)], 'the peer\'s, and empty': [closeFrame()], 'ours for a breach': [frame(OPCODES.text, 'x'.repeat(262_145))]
  }
  for (const [name, bytes] of Object.entries(endings)) {
    for (const isAtOnce of [true, false]) {
      const raw = await scene.enter({ userId: `${name} ${isAtOnce}` })
      ran.length = 0
      const before = { ...mse.counters }
      raw.write(...bytes, ...(isAtOnce ? late : []))
      const { opcode } = await raw.frame()
      t.equal(opcode, OPCODES.close, `${name}: the first frame is the last`)
      if (!isAtOnce) raw.write(...late)
      await raw.closed
      await t.rejects(raw.frame(), /closed before/, 'nothing more came')
      await witness.call('ping')
      t.strictSame(ran.filter((method) => !['disconnect', 'ping'].includes(method)), [], 'nothing ran')
      t.equal(ran.filter((method) => method === 'ping').length, 1, 'but the ping of the witness')
      t.strictSame(mse.counters, before)
    }
  }
  await witness.close()
  await scene.isAlive()
})

t.test('45: messages in the packet of the handshake are not lost while the hooks of the app are slow', async (t) => {
  let letIn = (): void => {}
  let entered = (): void => {}
  const hasEntered = new Promise<void>((resolve) => { entered = resolve })
  const mayEnter = new Promise<void>((resolve) => { letIn = resolve })
  const scene = await openScene(t, {}, {
    before: (app) => app.addHook('preValidation', async ({ headers }) => {
      if (headers['x-slow'] === undefined) return
      entered()
      await mayEnter
    })
  })
  const raw = new RawClient(scene.app)
  const chat = tell('chat', { to: [], message: 'x' })
  const started = frame(OPCODES.text, '{"id":3,"method":"ping",', { fin: false })
  raw.write(handshake(scene.app, { 'X-Slow': '1' }), frame(OPCODES.text, AUTH()), chat, frame(OPCODES.text, PING), started)
  const impatient = new RawClient(scene.app)
  impatient.write(handshake(scene.app, { 'X-Slow': '1' }), frame(OPCODES.text, AUTH()))
  await hasEntered
  await scene.bystanderAnswers()
  raw.write(frame(OPCODES.continuation, '"jsonrpc":"2.0"}'))
  impatient.socket.resetAndDestroy()
  await scene.bystanderAnswers()
  letIn()
  t.match(await raw.head(), /^HTTP\/1.1 101 /)
  t.match(await textOf(raw), '"authenticated"')
  t.strictSame([await textOf(raw), await textOf(raw)], [PONG, PONG.replace('1', '3')])
  scene.app.mse.room('lobby').notify(Chat, { to: [], message: 'welcome' })
  t.match(await textOf(raw), 'welcome')
  raw.socket.destroy()
  await scene.isAlive()
})
