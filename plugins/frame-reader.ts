import { isUtf8 } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** The first byte of a frame that is final and has no reserved bit (RFC 6455, section 5.2). */
const FIRST = { text: 0x81, binary: 0x82, ping: 0x89, pong: 0x8a } as const

/** The second byte of a frame that a client sent: it is masked. */
const MASKED = 0x80
/** What the second byte says when the length is in the two bytes after it; the form with eight is left to `ws`. */
const LENGTH_FOLLOWS = 126
const LENGTH_IS_LONG = 127
/** The shortest header that has a mask, and the longest that is read here. */
const SHORT_HEADER = 6
const LONG_HEADER = 8
/** Bytes of a control frame at the most. */
const MAX_CONTROL = 125

/** A longer text is left to `ws`, which may have a faster way to unmask it; parsing it costs more than its frame does. */
const MAX_TEXT = 4_096

type Listener = (this: Duplex, chunk: Buffer) => void

/** What {@link FrameReader} takes. */
export interface FrameReaderOptions {
  readonly webSocket: WebSocket
  /** The stream under it. */
  readonly stream: Duplex
  /** What `ws` takes of one message; 0 is no limit. */
  readonly maxPayload: number
  /** What waits to be written; it goes out before `ws` gets anything, as that may answer at once, by a close frame for example. */
  readonly outgoing: { flush (): void }
}

/**
 * Reads the frames of a client before `ws` does, which makes a stream's write and six views of each. A short text that came whole, in one
 * frame and one chunk, is emitted as the message that `ws` would emit; everything else `ws` gets as it came, its checks and its answers
 * are its own. What is not such a text and not a whole message either (pieces, a close, a breach of the rules, half a header) leaves
 * the socket to `ws` for good, as if nobody had ever been before it.
 */
export class FrameReader {
  readonly #webSocket: WebSocket
  readonly #stream: Duplex
  readonly #ws: Listener
  readonly #maxText: number
  readonly #outgoing: { flush (): void }
  /** Bytes that `ws` lacks of the frame that it has begun. */
  #owed = 0
  /** Is the frame that `ws` has a message, and was one emitted since? */
  #isMessage = false
  #hasEmitted = false

  private constructor ({ webSocket, stream, maxPayload, outgoing }: FrameReaderOptions, ws: Listener) {
    this.#webSocket = webSocket
    this.#stream = stream
    this.#ws = ws
    this.#maxText = maxPayload === 0 ? MAX_TEXT : Math.min(maxPayload, MAX_TEXT)
    this.#outgoing = outgoing
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
  }

  readonly #read = (chunk: Buffer): void => {
    let at = this.#owed > 0 ? this.#handOver(chunk, 0, this.#owed) : 0
    while (at < chunk.length) at = this.#next(chunk, at)
  }

  /** Reads one frame or lets `ws` do it. @returns where the next one begins */
  #next (chunk: Buffer, at: number): number {
    const left = chunk.length - at
    const [first, second] = [chunk[at] as number, chunk[at + 1] as number]
    const short = second & ~MASKED
    const header = short === LENGTH_FOLLOWS ? LONG_HEADER : SHORT_HEADER
    if (left < header || (second & MASKED) === 0 || short === LENGTH_IS_LONG) return this.#leave(chunk, at)
    const length = short === LENGTH_FOLLOWS ? chunk.readUInt16BE(at + 2) : short
    if (length > (first < FIRST.ping ? this.#maxText : MAX_CONTROL)) return this.#leave(chunk, at)
    const start = at + header
    const isHere = left >= header + length
    if (first === FIRST.text && isHere) return this.#emit(chunk, start, start + length) ? start + length : this.#leave(chunk, at)
    this.#isMessage = first === FIRST.text || first === FIRST.binary
    // A control frame in pieces emits nothing by which it could be told whether `ws` has failed meanwhile.
    if (!this.#isMessage && !(isHere && isControl(first))) return this.#leave(chunk, at)
    return this.#handOver(chunk, at, start + length)
  }

  /** @returns false, and nothing is changed, when the bytes are not UTF-8 */
  #emit (chunk: Buffer, start: number, end: number): boolean {
    const isAscii = unmask(chunk, start, end) < 0x80
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
    // A text that is none, or a `ws` that emits later: what follows must not overtake it.
    return this.#owed === 0 && this.#isMessage && !this.#hasEmitted ? this.#leave(chunk, given) : given
  }

  /** From here on everything is for `ws`. */
  #leave (chunk: Buffer, at: number): number {
    this.stop()
    this.#stream.on('data', this.#ws)
    this.#outgoing.flush()
    if (at < chunk.length) this.#ws.call(this.#stream, chunk.subarray(at))
    return chunk.length
  }
}

/** One after which the connection goes on: a close is not. */
function isControl (first: number): boolean {
  return first === FIRST.ping || first === FIRST.pong
}

/** Takes the mask, which is in front of the text, from the text; a second time puts it back. @returns all bits of the text */
function unmask (chunk: Buffer, start: number, end: number): number {
  let bits = 0
  for (let index = start, mask = start - 4; index < end; index++) {
    const byte = (chunk[index] as number) ^ (chunk[mask + ((index - start) & 3)] as number)
    chunk[index] = byte
    bits |= byte
  }
  return bits
}
