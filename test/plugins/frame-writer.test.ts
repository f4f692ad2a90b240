import { Writable } from 'node:stream'
import t from 'tap'
import { FrameWriter } from '../../plugins/frame-writer.ts'

const OPEN = { OPEN: 1, readyState: 1 } as const

/** A socket that keeps what is written to it. */
function openSocket () {
  const writes: Buffer[] = []
  const socket = new Writable({
    decodeStrings: false,
    write (chunk: Buffer | string, encoding, done) {
      writes.push(Buffer.from(chunk as string, encoding as BufferEncoding))
      done()
    }
  })
  return { socket, writes }
}

/** The texts of frames that no client may receive otherwise. */
function textsIn (data: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < data.length;) {
    if (data[at] !== 0x81) throw new Error(`at ${at} there is no text frame`)
    const short = data.readUInt8(at + 1)
    const [start, length] = short < 126 ? [2, short] : short === 126 ? [4, data.readUInt16BE(at + 2)] : [10, Number(data.readBigUInt64BE(at + 2))]
    texts.push(data.toString('utf8', at + start, at + start + length))
    at += start + length
  }
  return texts
}

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

t.test('frames texts of every length and alphabet', async (t) => {
  const { socket, writes } = openSocket()
  const writer = new FrameWriter(OPEN, socket)
  const texts = ['', 'a', 'x'.repeat(125), 'x'.repeat(126), 'x'.repeat(65_535), 'x'.repeat(65_536), 'é', '日本語'.repeat(50), '🎥', 'plain again', 'é'.repeat(40_000)]
  for (const text of texts) writer.write(text)
  const pending = writer.bufferedBytes
  await turn()
  const data = Buffer.concat(writes)
  t.strictSame(textsIn(data), texts)
  t.equal(data.length, pending, 'and knows how many bytes wait')
})

t.test('writes once in a turn, and framing is not repeated for the members of a room', async (t) => {
  const sockets = [openSocket(), openSocket()]
  const writers = sockets.map(({ socket }) => new FrameWriter(OPEN, socket))
  for (const text of ['one', 'two', 'three']) for (const writer of writers) writer.write(text)
  t.strictSame(sockets.map(({ writes }) => writes.length), [0, 0])
  await turn()
  t.strictSame(sockets.map(({ writes }) => writes.map(textsIn)), [[['one', 'two', 'three']], [['one', 'two', 'three']]])
  writers[0]?.write('four')
  await turn()
  t.strictSame(sockets.map(({ writes }) => writes.length), [2, 1])
})

/** Writers whose sockets note in one list what is written to them. */
function openWriters (count: number): { writers: FrameWriter[], order: string[] } {
  const order: string[] = []
  const writers = Array.from({ length: count }, (_, number) => new FrameWriter(OPEN, new Writable({
    decodeStrings: false,
    write (chunk: Buffer | string, encoding, done) {
      order.push(...textsIn(Buffer.from(chunk as string, encoding as BufferEncoding)).map((text) => `${number} ${text.slice(0, 9)}`))
      done()
    }
  })))
  return { writers, order }
}

t.test('who has much to write lets those before who have little, and all get their turn', async (t) => {
  const { writers, order } = openWriters(21)
  const short = writers.at(-1) as FrameWriter
  const numbers = (from: number, to: number, text: string): string[] => Array.from({ length: to - from }, (_, place) => `${from + place} ${text}`)
  for (const writer of writers.slice(0, 20)) writer.write('picture, '.repeat(2_000))
  short.write('short')
  await turn()
  t.strictSame(order.splice(0), ['20 short', ...numbers(0, 8, 'picture, ')], 'eight of 18 KB in a turn')
  short.write('again')
  writers[19]?.write('behind it')
  writers[18]?.flush()
  t.strictSame(order.splice(0), ['18 picture, '], 'at once where it has to be')
  writers[18]?.write('early')
  await turn()
  t.strictSame(order.splice(0), ['20 again', '18 early', ...numbers(8, 16, 'picture, ')])
  await turn()
  t.strictSame(order.splice(0), [...numbers(16, 18, 'picture, '), '19 picture, ', '19 behind it'], 'and the order in one socket stays')
  short.write('much later')
  await turn()
  t.strictSame(order, ['20 much late'])
})

t.test('the more waits, the more goes out in a turn', async (t) => {
  const { writers, order } = openWriters(100)
  for (const writer of writers) writer.write('picture, '.repeat(2_000))
  const counts: number[] = []
  while (counts.reduce((sum, count) => sum + count, 0) < 100) {
    await turn()
    counts.push(order.splice(0).length)
  }
  t.strictSame(counts.slice(0, 4), [25, 19, 14, 11], 'a fourth of what is left')
  t.strictSame(counts.slice(-2, -1), [8], 'at least as much as ever')
  t.equal(writers.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0), 0)
})

t.test('what goes to several sockets is one piece of memory; what goes to one is not copied', async (t) => {
  const chunks: Array<string | Buffer> = []
  const socket = (): Writable => new Writable({
    decodeStrings: false,
    write (chunk: string | Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    }
  })
  const writers = [new FrameWriter(OPEN, socket()), new FrameWriter(OPEN, socket())]
  for (const text of ['to all', 'für alle', 'to one', 'für einen']) {
    for (const writer of text.includes('all') ? writers : writers.slice(0, 1)) writer.write(text)
    await turn()
  }
  t.strictSame(chunks.map((chunk) => typeof chunk), ['object', 'object', 'object', 'object', 'string', 'object'])
  t.equal(chunks[0], chunks[1])
  t.equal(chunks[2], chunks[3])
  t.strictSame(chunks.map((chunk) => textsIn(Buffer.from(chunk as string, 'latin1'))).flat(), ['to all', 'to all', 'für alle', 'für alle', 'to one', 'für einen'])
})

t.test('knows what waits in the socket, before the turn is over and after it', async (t) => {
  let done = (): void => {}
  const socket = new Writable({ decodeStrings: false, write: (_chunk, _encoding, written) => { done = written } })
  const writer = new FrameWriter(OPEN, socket)
  writer.write('one')
  t.equal(writer.bufferedBytes, 5)
  await turn()
  t.equal(writer.bufferedBytes, 5)
  writer.write('four')
  t.equal(writer.bufferedBytes, 11)
  await turn()
  t.equal(writer.bufferedBytes, 11)
  done()
  await turn()
  t.equal(writer.bufferedBytes, 6)
  done()
  await turn()
  t.equal(writer.bufferedBytes, 0)
})

t.test('writes at once what is to come before a close', async (t) => {
  const { socket, writes } = openSocket()
  const writer = new FrameWriter(OPEN, socket)
  writer.write('last words')
  writer.flush()
  t.strictSame(writes.map(textsIn), [['last words']])
  t.equal(writer.bufferedBytes, 0)
  await turn()
  t.equal(writes.length, 1, 'and only once')
})

t.test('tells when what was written has left', async (t) => {
  const { socket } = openSocket()
  let left = 0
  const writer = new FrameWriter(OPEN, socket, () => { left++ })
  writer.write('one')
  writer.write('two')
  t.equal(left, 0)
  await turn()
  t.equal(left, 1)
})

t.test('leaves a socket alone that was ended in the same turn', async (t) => {
  const { socket, writes } = openSocket()
  // The peer has not read all of it yet.
  socket._final = () => {}
  const errors: Error[] = []
  socket.on('error', (error) => { errors.push(error) })
  const writer = new FrameWriter(OPEN, socket)
  writer.write('too late')
  socket.end()
  await turn()
  await turn()
  t.strictSame([errors, writes, writer.bufferedBytes], [[], [], 0])
})

t.test('writes nothing behind a close frame that waits in the socket', async (t) => {
  const written: string[] = []
  let done = (): void => {}
  const socket = new Writable({
    decodeStrings: false,
    write (chunk: string | Buffer, _encoding, next) {
      written.push(chunk.toString('latin1'))
      done = next
    }
  })
  const webSocket: { OPEN: 1, readyState: 0 | 1 | 2 | 3 } = { OPEN: 1, readyState: 1 }
  const writer = new FrameWriter(webSocket, socket)
  writer.write('one')
  await turn()
  // As `ws` does when its peer wants to close.
  webSocket.readyState = 2
  socket.write('close')
  writer.write('two')
  await turn()
  t.equal(writer.bufferedBytes, 10)
  done()
  await turn()
  t.strictSame(written.map((chunk) => chunk.slice(-5)), ['\x81\x03one', 'close'])
})

t.test('joins what several reads of one turn have brought', async (t) => {
  const { socket, writes } = openSocket()
  const writer = new FrameWriter(OPEN, socket)
  writer.write('one')
  // After whatever a read has queued, and before the turn is over.
  await new Promise<void>((resolve) => { process.nextTick(resolve) })
  writer.write('two')
  await turn()
  t.strictSame(writes.map(textsIn), [['one', 'two']])
})
