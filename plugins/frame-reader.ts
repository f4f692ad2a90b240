import { isUtf8 } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { MASK_BYTES, unmask } from './unmask.ts'

/** The first byte of a frame that is final and has no reserved bit (RFC 6455, section 5.2). */
const FIRST = { text: 0x81, binary: 0x82, ping: 0x89, pong: 0x8a } as const

/** The second byte of a frame that a client sent: it is masked. */
const MASKED = 0x80
/** What the second byte says when the length is in the two bytes after it; one more, and it is in eight. */
const LENGTH_IN_2 = 126
const LONGEST_HEADER = 14
/** Bytes of a control frame at the most. */
const MAX_CONTROL = 125

/** A longer text is left to `ws`, where that takes one at all. */
const MAX_TEXT = 1_048_576
/** A text in more pieces is left to `ws`, which counts them. */
const MAX_PIECES = 256

const NOTHING = Buffer.alloc(0)

type Listener = (this: Duplex, chunk: Buffer) => void

/** Those of the WebSocket server. */
export interface FrameLimits {
  /** Bytes of one message; 0 is no limit. */
  readonly maxPayload: number
  /** How many pieces of a frame may wait for the rest; 0 is no limit. */
  readonly maxBufferedChunks: number
}

/** What {@link FrameReader} takes. */
export interface FrameReaderOptions extends FrameLimits {
  readonly webSocket: WebSocket
  /** The stream under it. */
  readonly stream: Duplex
  /** What waits to be written; it goes out before `ws` gets anything, as that may answer at once, by a close frame for example. */
  readonly outgoing: { flush (): void }
  readonly unfinished?: UnfinishedBound
}

/** What may be here of a message whose rest is not: `ws` would wait for all that it takes of one, and only then could anybody say that it is too long. */
export interface UnfinishedBound {
  /** Bytes, as of now; Infinity from when on what `ws` takes is the limit. */
  readonly maxUnfinishedBytes: number
  /** There are more. Nothing is read any more. */
  tooBig (): void
}

/**
 * Reads the frames of a client before `ws` does, which makes a stream's write and six views of each, and whose old lists keep all texts until V8 collects
 * everything: tens of megabytes of them, between which malloc finds no end to give back. A text in one frame is emitted as the message that `ws` would emit,
 * once all of it is there; everything else `ws` gets as it came, its checks and its answers are its own. What is not such a text and not a whole message either (a text in several frames, a close, a breach of
 * the rules) leaves the socket to `ws` for good, as if nobody had ever been before it.
 */
export class FrameReader {
  readonly #webSocket: WebSocket
  readonly #stream: Duplex
  readonly #ws: Listener
  readonly #maxText: number
  readonly #maxPieces: number
  readonly #outgoing: { flush (): void }
  readonly #bound: UnfinishedBound | undefined
  /** Bytes that `ws` has of a message, and who counts them once it reads by itself: few WebSockets need one. */
  #unfinished = 0
  #counter: Listener | null = null
  /** The pieces of a text, or of its header, that is not all here. */
  #pieces: Buffer[] | null = null
  #pieceBytes = 0
  /** How many bytes there have to be to go on. */
  #needed = 0
  /** Bytes that `ws` lacks of the frame that it has begun. */
  #owed = 0
  /** Is the frame that `ws` has a message, and was one emitted since? */
  #isMessage = false
  #hasEmitted = false

  private constructor ({ webSocket, stream, maxPayload, maxBufferedChunks, outgoing, unfinished }: FrameReaderOptions, ws: Listener) {
    this.#webSocket = webSocket
    this.#stream = stream
    this.#ws = ws
    this.#maxText = Math.min(maxPayload === 0 ? Infinity : maxPayload, MAX_TEXT)
    this.#maxPieces = Math.min(maxBufferedChunks === 0 ? Infinity : maxBufferedChunks, MAX_PIECES)
    this.#outgoing = outgoing
    this.#bound = unfinished
    stream.off('data', ws).on('data', this.#read)
  }

  /** Goes before `ws`, whose listener is the only one on a new WebSocket's stream. Where it is not, nothing is changed. */
  static install (options: FrameReaderOptions): FrameReader | null {
    const [ws, ...others] = options.stream.listeners('data') as Listener[]
    return ws === undefined || others.length > 0 ? null : new FrameReader(options, ws)
  }

  /** To be told of each message: those that `ws` has put together are emitted before it has returned, or it does not keep up. */
  emitted (): void {
    this.#hasEmitted = true
  }

  /** After an error of the WebSocket: whatever comes is dropped, as `ws` does itself. */
  stop (): void {
    this.#stream.off('data', this.#read)
    this.#stopCounting()
  }

  readonly #read = (chunk: Buffer): void => {
    const data = this.#pieces === null ? chunk : this.#gather(this.#pieces, chunk)
    if (data === null) return
    let at = this.#owed > 0 ? this.#handOver(data, 0, this.#owed) : 0
    while (at < data.length) at = this.#next(data, at)
  }

  /** Reads one frame or lets `ws` do it. @returns where the next one begins */
  #next (chunk: Buffer, at: number): number {
    const left = chunk.length - at
    if (left < 2) return this.#hold(chunk, at, 2)
    const [first, second] = [chunk[at] as number, chunk[at + 1] as number]
    if ((second & MASKED) === 0) return this.#leave(chunk, at)
    const beforeMask = lengthEnd(second)
    // `ws` looks at the length as soon as it is there.
    if (left < beforeMask) return first === FIRST.text ? this.#hold(chunk, at, beforeMask) : this.#leave(chunk, at)
    const length = lengthOf(chunk, at, beforeMask)
    if (length > (first < FIRST.ping ? this.#maxText : MAX_CONTROL)) return this.#leave(chunk, at)
    const start = beforeMask + MASK_BYTES
    const isHere = left >= start + length
    if (first === FIRST.text) {
      if (!isHere) return this.#hold(chunk, at, start + length)
      return this.#emit(chunk, at + start, at + start + length) ? at + start + length : this.#leave(chunk, at)
    }
    this.#isMessage = first === FIRST.binary
    // A control frame in pieces emits nothing by which it could be told whether `ws` has failed meanwhile.
    if (!(isHere ? this.#isMessage || isControl(first) : this.#isMessage && left >= start)) return this.#leave(chunk, at)
    this.#unfinished = 0
    return this.#handOver(chunk, at, at + start + length)
  }

  /** Keeps what there is until there are as many bytes as are needed. */
  #hold (chunk: Buffer, at: number, needed: number): number {
    this.#needed = needed
    this.#pieceBytes = 0
    this.#pieces = []
    this.#keep(this.#pieces, at === 0 ? chunk : chunk.subarray(at))
    return chunk.length
  }

  #keep (pieces: Buffer[], piece: Buffer): void {
    pieces.push(piece)
    this.#pieceBytes += piece.length
    if (this.#isTooMuch(this.#pieceBytes)) return this.#refuse()
    if (pieces.length < this.#maxPieces) return
    this.#pieces = null
    this.#leaveWith(pieces)
  }

  /** @returns the pieces and the chunk as one, once they are enough */
  #gather (pieces: Buffer[], chunk: Buffer): Buffer | null {
    if (this.#pieceBytes + chunk.length < this.#needed) {
      this.#keep(pieces, chunk)
      return null
    }
    this.#pieces = null
    pieces.push(chunk)
    const all = joined(pieces)
    // The list is old by now where the pieces came slowly, and would keep the last ones after its own end.
    pieces.fill(NOTHING)
    return all
  }

  /** @returns false, and nothing is changed, when the bytes are not UTF-8 */
  #emit (chunk: Buffer, start: number, end: number): boolean {
    const isAscii = unmask(chunk, start, end)
    const data = chunk.subarray(start, end)
    if (!isAscii && !isUtf8(data)) {
      unmask(chunk, start, end)
      return false
    }
    this.#webSocket.emit('message', data, false)
    return true
  }

  /** Gives `ws` a frame or the rest of it, or as much as there is. */
  #handOver (chunk: Buffer, at: number, end: number): number {
    const given = Math.min(end, chunk.length)
    this.#owed = end - given
    this.#hasEmitted = false
    this.#outgoing.flush()
    this.#ws.call(this.#stream, chunk.subarray(at, given))
    this.#unfinished += given - at
    if (this.#owed > 0 && this.#isTooMuch(this.#unfinished)) this.#refuse()
    // A `ws` that emits later: what follows must not overtake it.
    return this.#owed === 0 && this.#isMessage && !this.#hasEmitted ? this.#leave(chunk, given) : given
  }

  /** From here on everything is for `ws`. */
  #leave (chunk: Buffer, at: number): number {
    this.#leaveWith(at < chunk.length ? [chunk.subarray(at)] : [])
    return chunk.length
  }

  #leaveWith (pieces: readonly Buffer[]): void {
    this.stop()
    this.#stream.on('data', this.#ws)
    if (this.#maxUnfinished < Infinity) this.#stream.on('data', this.#counter = this.#count.bind(this))
    this.#outgoing.flush()
    this.#hasEmitted = false
    this.#unfinished = 0
    for (const piece of pieces) {
      this.#unfinished += piece.length
      this.#ws.call(this.#stream, piece)
    }
  }

  get #maxUnfinished (): number { return this.#bound?.maxUnfinishedBytes ?? Infinity }

  #isTooMuch (bytes: number): boolean {
    return bytes > this.#maxUnfinished + LONGEST_HEADER
  }

  /** Counts what `ws` reads after us, as long as that is bounded. What came with the end of a message is not told apart from it. */
  #count (chunk: Buffer): void {
    const isNext = this.#hasEmitted
    this.#hasEmitted = false
    this.#unfinished = isNext ? 0 : this.#unfinished + chunk.length
    if (this.#maxUnfinished === Infinity) this.#stopCounting()
    else if (this.#isTooMuch(this.#unfinished)) this.#refuse()
  }

  #stopCounting (): void {
    if (this.#counter !== null) this.#stream.off('data', this.#counter)
    this.#counter = null
  }

  #refuse (): void {
    this.stop()
    this.#stream.off('data', this.#ws)
    this.#pieces = null
    this.#bound?.tooBig()
  }
}

/** In memory of its own: what `Buffer.concat` takes is a part of a larger piece, which is soon old, with all that is in it. */
function joined (pieces: readonly Buffer[]): Buffer {
  const all = Buffer.allocUnsafeSlow(pieces.reduce((bytes, { length }) => bytes + length, 0))
  let at = 0
  for (const piece of pieces) at += piece.copy(all, at)
  return all
}

/** One after which the connection goes on: a close is not. */
function isControl (first: number): boolean {
  return first === FIRST.ping || first === FIRST.pong
}

/** Where the length of a frame ends, from its second byte. */
function lengthEnd (second: number): number {
  const short = second & ~MASKED
  if (short < LENGTH_IN_2) return 2
  return short === LENGTH_IN_2 ? 4 : 10
}

function lengthOf (chunk: Buffer, at: number, end: number): number {
  if (end === 2) return (chunk[at + 1] as number) & ~MASKED
  return end === 4 ? chunk.readUInt16BE(at + 2) : chunk.readUInt32BE(at + 2) * 2 ** 32 + chunk.readUInt32BE(at + 6)
}
