import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { FrameReader } from '../../plugins/frame-reader.ts'
import { OPCODES, RawClient, frame, handshake, startApp } from '../helpers/websocket-client.ts'

const { text, binary, continuation, close, ping, pong } = OPCODES
const MAX_PAYLOAD = 20_000

type Random = () => number

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf (seed: number): Random {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A frame as clients send it, with a mask that changes its bytes, and with a length in as many bytes as asked for. */
function masked (opcode: number, payload: string | Buffer = '', { fin = true, rsv = 0, width = 0 } = {}): Buffer {
  const body = Buffer.from(payload)
  const form = Math.max(width, body.length < 126 ? 0 : body.length < 65_536 ? 2 : 8)
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(body.length))
  const mask = randomBytes(4)
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const head = form === 0 ? [first, 0x80 | body.length] : [first, 0x80 | (form === 2 ? 126 : 127), ...length.subarray(8 - form)]
  return Buffer.concat([Buffer.from(head), mask, body.map((byte, index) => byte ^ (mask[index % 4] as number))])
}

/** A stream in memory, whose reads are cut where the test cuts them. */
class Pipe extends Duplex {
  readonly written: Buffer[] = []
  override _read (): void {}
  override _write (chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk)
    done()
  }
}

interface Shaken {
  readonly pipe: Pipe
  readonly webSocket: WebSocket
  /** What the application hears, in order. */
  readonly heard: string[]
}

/** The types of `ws` do not know the limits on pieces. */
type Options = ServerOptions & { readonly maxBufferedChunks?: number, readonly maxFragments?: number }

/** A WebSocket of `ws` on a stream in memory, with a reader before it or without. */
function shake (withReader: boolean, options: Options = {}): Shaken {
  const pipe = new Pipe()
  const heard: string[] = []
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD, ...options })
  const headers = { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64') }
  let webSocket: WebSocket | undefined
  server.handleUpgrade({ method: 'GET', headers } as unknown as IncomingMessage, pipe, Buffer.alloc(0), (socket) => { webSocket = socket })
  if (webSocket === undefined) throw new Error('not upgraded')
  const socket = webSocket
  const limits = { maxPayload: MAX_PAYLOAD, maxBufferedChunks: options.maxBufferedChunks ?? 0 }
  const reader = withReader ? FrameReader.install({ webSocket, stream: pipe, ...limits, outgoing: { flush: () => {} } }) : null
  socket.on('message', (data, isBinary) => {
    reader?.emitted()
    heard.push(`message ${isBinary} ${(data as Buffer).toString('hex')}`)
  })
  socket.on('ping', (data) => heard.push(`ping ${data.toString('hex')}`)).on('pong', (data) => heard.push(`pong ${data.toString('hex')}`))
  socket.on('close', (code, reason) => heard.push(`close ${code} ${reason.toString('hex')}`))
  socket.on('error', (error: Error & { code?: string }) => {
    reader?.stop()
    heard.push(`error ${error.code}`)
  })
  pipe.written.length = 0
  return { pipe, webSocket, heard }
}

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

/** Each needs its own: what is unmasked is changed in place. @param offset in its memory, which decides what is aligned there */
function copyOf (bytes: Buffer, offset: number): Buffer {
  const copy = Buffer.alloc(offset + bytes.length).subarray(offset)
  bytes.copy(copy)
  return copy
}

/** Feeds both the same pieces; between some of them there is a turn of the event loop. */
async function feed (pipes: readonly Pipe[], bytes: Buffer, random: Random): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const most = random() < 0.3 ? 3 : random() < 0.5 ? 60 : random() < 0.8 ? 3_000 : 30_000
    const end = at + 1 + Math.floor(random() * most)
    const offset = Math.floor(random() * 8)
    for (const pipe of pipes) if (!pipe.destroyed) pipe.push(copyOf(bytes.subarray(at, end), offset))
    at = end
    if (random() < 0.5) await turn()
  }
  await turn()
}

/** What clients send, and the last few what none should. */
function oneOf (random: Random): Buffer {
  const size = (limit: number): number => Math.floor(random() * limit)
  const kinds: Array<() => Buffer> = [
    ...Array.from({ length: 24 }, () => () => masked(text, 'x'.repeat(size(200)))),
    ...Array.from({ length: 6 }, () => () => masked(text, '日本語🎥é'.repeat(size(60)))),
    () => masked(text, ''),
    () => masked(text, 'long'.repeat(size(4_000))),
    () => masked(text, 'é'.repeat(size(MAX_PAYLOAD / 2))),
    () => masked(text, 'short', { width: random() < 0.5 ? 2 : 8 }),
    () => masked(binary, randomBytes(size(300))),
    () => masked(ping, randomBytes(size(126))),
    () => masked(pong, randomBytes(size(126))),
    () => Buffer.concat([masked(text, '{"a"', { fin: false }), masked(ping, 'between'), masked(continuation, ':1}')]),
    () => Buffer.concat([masked(text, Buffer.from([0xe6, 0x97]), { fin: false }), masked(continuation, Buffer.from([0xa5]))]),
    () => masked(text, Buffer.concat([Buffer.from('no '), Buffer.from([0xff, 0xfe])])),
    () => masked(text, Buffer.from([0xed, 0xa0, 0x80])),
    () => frame(text, 'no mask', { masked: false }),
    () => masked(text, 'reserved', { rsv: 1 + size(7) }),
    () => masked(3 + size(5), 'what is that'),
    () => masked(ping, 'x'.repeat(126)),
    () => masked(pong, 'piece', { fin: false }),
    () => masked(continuation, 'of nothing'),
    () => masked(text, Buffer.concat([Buffer.alloc(1 + size(2_000), 'z'), Buffer.from([0x80])])),
    () => masked(text, 'y'.repeat(MAX_PAYLOAD + 1)),
    () => masked(text, 'y'.repeat(MAX_PAYLOAD), { width: 8 }),
    () => Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 1]),
    () => masked(close),
    () => masked(close, Buffer.from([0x03, 0xe8, 0x6f, 0x6b])),
    () => masked(close, Buffer.from([0x03, 0xed])),
    () => masked(close, Buffer.from([0x03]))
  ]
  return (kinds[size(kinds.length)] as () => Buffer)()
}

function conversation (random: Random): Buffer {
  return Buffer.concat(Array.from({ length: 1 + Math.floor(random() * 12) }, () => oneOf(random)))
}

/** Does the application hear, and the peer read, the same with and without a reader? */
async function isAlike (t: Test, seed: number, options: Options, counts: (event: string) => boolean): Promise<void> {
  const random = randomOf(seed)
  const bytes = conversation(random)
  const both = [shake(true, options), shake(false, options)] as const
  await feed(both.map(({ pipe }) => pipe), bytes, random)
  if (options.allowSynchronousEvents === false) for (let frames = 0; frames < 60; frames++) await turn()
  for (const { pipe } of both) if (!pipe.destroyed) pipe.push(null)
  await turn()
  for (const { webSocket } of both) webSocket.terminate()
  await turn()
  const [ours, theirs] = both.map(({ heard, pipe }) => ({ heard: heard.filter(counts), written: Buffer.concat(pipe.written).toString('hex') }))
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) t.strictSame(ours, theirs, `seed ${seed}`)
}

t.test('nobody can tell whether the reader is there, whatever comes and however it is cut', async (t) => {
  for (let seed = 1; seed <= 1_500; seed++) await isAlike(t, seed, {}, () => true)
  t.pass('1,500 conversations')
})

t.test('nor where ws loses patience with pieces', async (t) => {
  for (let seed = 1; seed <= 800; seed++) await isAlike(t, seed, { maxBufferedChunks: 1 + seed % 4, maxFragments: 1 }, () => true)
  t.pass('800 conversations')
})

/** What is heard of a frame in too many pieces for `ws`, with a text behind the last one; a peer that does not know may go on for long. */
async function hearPieces (withReader: boolean, opcode: number, cuts: readonly number[]): Promise<{ heard: readonly string[], left: number }> {
  const { pipe, webSocket, heard } = shake(withReader, { maxBufferedChunks: 3 })
  const bytes = masked(opcode, '0123456789')
  const pieces = [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end))
  pieces.push(Buffer.concat([pieces.pop() as Buffer, masked(text, 'after it')]))
  for (const piece of [...pieces, ...Array.from({ length: 5 }, () => masked(text, 'and more'))]) {
    pipe.push(Buffer.from(piece))
    await turn()
  }
  const left = pipe.readableLength
  webSocket.terminate()
  await turn()
  return { heard, left }
}

t.test('nothing is heard after a frame in too many pieces, and all of it is read', async (t) => {
  for (const opcode of [text, binary, ping, pong]) {
    // The last piece is one too many, or the one before it is already.
    for (const cuts of [[7, 8, 9], [7, 8, 9, 10]]) {
      const [ours, theirs] = [await hearPieces(true, opcode, cuts), await hearPieces(false, opcode, cuts)]
      t.strictSame(theirs, { heard: ['error WS_ERR_TOO_MANY_BUFFERED_PARTS', 'close 1006 '], left: 0 })
      t.strictSame(ours, theirs)
    }
  }
})

t.test('where ws emits a turn later, messages stay in order', async (t) => {
  // Its pings and pongs come later than texts that it never saw; nothing depends on that.
  for (let seed = 1; seed <= 500; seed++) await isAlike(t, seed, { allowSynchronousEvents: false }, (event) => !/^p[io]ng/.test(event))
  t.pass('500 conversations')
})

t.test('what a paused WebSocket has not read when it goes is read once', async (t) => {
  const heard = await Promise.all([true, false].map(async (withReader) => {
    const { pipe, webSocket, heard } = shake(withReader)
    webSocket.pause()
    await turn()
    pipe.push(masked(text, 'whole'))
    pipe.push(masked(text, 'half').subarray(0, 7))
    webSocket.terminate()
    await turn()
    return heard
  }))
  t.strictSame(heard[0], [`message false ${Buffer.from('whole').toString('hex')}`, 'close 1006 '])
  t.strictSame(heard[0], heard[1])
})

t.test('ws gets nothing of texts in one frame, and all of the rest', async (t) => {
  const { pipe, heard, webSocket: real } = shake(false, { maxPayload: 0 })
  t.teardown(() => real.terminate())
  const given: string[] = []
  const [ws] = pipe.listeners('data')
  if (ws === undefined) throw new Error('ws does not listen')
  pipe.off('data', ws as () => void).on('data', (chunk: Buffer) => {
    given.push(chunk.toString('hex'))
    ws.call(pipe, chunk)
  })
  const webSocket = { emit: (event: string, data: Buffer) => heard.push(`${event} ${data.toString()}`) } as unknown as WebSocket
  let flushes = 0
  const limits = { maxPayload: 0, maxBufferedChunks: 0 }
  const reader = FrameReader.install({ webSocket, stream: pipe, ...limits, outgoing: { flush: () => { flushes++ } } })
  t.not(reader, null)
  const long = 'é'.repeat(100_000)
  pipe.push(Buffer.concat([masked(text, 'one'), masked(text, long), masked(text, '')]))
  await turn()
  t.strictSame([given, flushes], [[], 0])
  t.strictSame(heard, ['message one', `message ${long}`, 'message '])
  const [before, control, after] = [masked(text, 'before'), masked(ping, 'p'), masked(text, 'after')]
  pipe.push(Buffer.concat([before, control, after]))
  await turn()
  t.strictSame([given, flushes], [[control.toString('hex')], 1], 'only the control frame')
  t.equal(heard.at(-1), 'message after')
  const inPieces = masked(text, long)
  for (const end of [1, 3, 9, 12, 70_000, 70_001, inPieces.length]) {
    pipe.push(Buffer.from(inPieces.subarray([0, 1, 3, 9, 12, 70_000, 70_001].findLast((start) => start < end), end)))
    await turn()
  }
  t.strictSame([given.length, flushes], [1, 1], 'a long text in pieces')
  t.equal(heard.at(-1), `message ${long}`)
  pipe.push(inPieces.subarray(0, 20))
  for (let byte = 20; byte < 275; byte++) {
    t.equal(given.length, 1)
    pipe.push(inPieces.subarray(byte, byte + 1))
    await turn()
  }
  t.strictSame([given.slice(1).join(''), given.length, flushes], [inPieces.subarray(0, 275).toString('hex'), 257, 2], 'one in too many')
  pipe.push(after)
  await turn()
  t.equal(given.at(-1), after.toString('hex'), 'and what comes after it')
})

/** Lets V8 collect new objects twice: what is still there then is old. */
function age (collect: (options: { type: 'minor' }) => void): void {
  for (let times = 0; times < 2; times++) collect({ type: 'minor' })
}

t.test('a text that was read goes with the next collection of new objects, however old the socket is', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void
  const { pipe, webSocket } = shake(true)
  t.teardown(() => webSocket.terminate())
  const bytes = masked(text, 'x'.repeat(MAX_PAYLOAD))
  const push = (start: number, end: number): void => {
    const chunk = Buffer.allocUnsafeSlow(end - start)
    bytes.copy(chunk, 0, start)
    pipe.push(chunk)
  }
  const read = async (...ends: readonly number[]): Promise<void> => {
    let start = 0
    for (const end of [...ends, bytes.length]) {
      push(start, end)
      start = end
      await turn()
      // Who is slow lets all grow old that waits.
      if (end < 100) age(collect)
    }
    age(collect)
  }
  // What the tests before this one have left is let go of in several steps.
  for (let times = 0; times < 3; times++) {
    collect()
    await turn()
    age(collect)
  }
  const { arrayBuffers: before } = process.memoryUsage()
  for (let times = 0; times < 20; times++) {
    await read()
    await read(10_000)
    await read(1, 50, 10_000)
  }
  const more = process.memoryUsage().arrayBuffers - before
  t.ok(Math.abs(more) < 10 * MAX_PAYLOAD, `${more} bytes of 60 texts are kept`)
})

t.test('changes nothing where somebody else listens to the stream, too', (t) => {
  const { pipe, webSocket } = shake(false)
  pipe.on('data', () => {})
  const before = pipe.listeners('data')
  t.equal(FrameReader.install({ webSocket, stream: pipe, maxPayload: 0, maxBufferedChunks: 0, outgoing: { flush: () => {} } }), null)
  t.strictSame(pipe.listeners('data'), before)
  t.end()
})

/** A client on a WebSocket of an app, and the server's end of it. */
async function enter (t: Test): Promise<{ raw: RawClient, socket: Duplex }> {
  const app = await startApp(t)
  const sockets: Duplex[] = []
  app.server.on('upgrade', (_request, socket) => { sockets.push(socket) })
  const raw = new RawClient(app, { stays: true })
  t.teardown(() => raw.socket.destroy())
  raw.write(handshake(app))
  t.match(await raw.head(), 'HTTP/1.1 101 ')
  return { raw, socket: sockets[0] as Duplex }
}

const PING = masked(text, '{"id":1,"method":"ping","jsonrpc":"2.0"}')

t.test('is before ws on the sockets of an app, whose one listener is the one that ws looks for', async (t) => {
  const { raw, socket } = await enter(t)
  const names = (): string[] => socket.listeners('data').map(({ name }) => name)
  const isOurs = async (what: string): Promise<void> => {
    t.equal((await raw.frame()).opcode, text)
    t.equal(names().length, 1)
    t.not(names()[0], 'socketOnData', what)
  }
  raw.write(PING)
  await isOurs('after a text')
  const arrived = new Promise((resolve) => { socket.once('data', resolve) })
  raw.write(PING.subarray(0, 20))
  await arrived
  raw.write(PING.subarray(20), PING)
  t.equal((await raw.frame()).opcode, text)
  await isOurs('after one in two pieces')
  raw.write(masked(text, '{"id":1,"method":"ping",', { fin: false }), masked(continuation, '"jsonrpc":"2.0"}'))
  t.equal((await raw.frame()).opcode, text)
  t.strictSame(names(), ['socketOnData', 'bound #count'], 'ws has its own back after a text in two frames, and before auth what it reads is counted')
})

t.test('answers what came before a close before the close', async (t) => {
  const { raw } = await enter(t)
  raw.write(PING, PING, masked(close, Buffer.from([0x03, 0xe8])))
  t.strictSame([(await raw.frame()).opcode, (await raw.frame()).opcode, (await raw.frame()).opcode], [text, text, close])
})
