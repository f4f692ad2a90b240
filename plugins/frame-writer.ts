import type { Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import { flushSoon } from './flush-turns.ts'
import { type TextFrame, frameOf } from './text-frame.ts'

/**
 * Writes text frames to a socket: all of one turn of the event loop in one write, which costs as much as a single frame does; where it is much, perhaps some turns
 * later. `ws` still reads, pings and closes; its own frames come between ours, never within one, as there is no compression whose end its sender would wait for.
 *
 * A room of thousands has more writers than a processor's cache has room for: what is looked at for each message is little and lies together.
 */
export class FrameWriter {
  #pending = 0
  /** Does some of what was written wait in the socket? */
  #waits = false
  /** The frame of this turn, as long as it is the only one. */
  #only: TextFrame | null = null
  readonly #socket: Writable
  readonly #webSocket: Pick<WebSocket, 'readyState' | 'OPEN'>
  /** Called when what was written has left the process. */
  readonly #written: (() => void) | undefined
  /** Frames as Latin-1, as long as every text is ASCII: strings are joined and written without a copy of ours. */
  #ascii = ''
  /** Frames before `#ascii`, once there was a text that is not. */
  #bytes: Buffer[] | null = null

  /** @param socket the one under the WebSocket */
  constructor (webSocket: Pick<WebSocket, 'readyState' | 'OPEN'>, socket: Writable, written?: () => void) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#written = written
  }

  /** Bytes that wait for their turn, or in the socket. Not a frame of `ws` there before one of ours has to wait, too. */
  get bufferedBytes (): number { return this.#pending + (this.#waits ? this.#socket.writableLength : 0) }

  /** Bytes that wait for their turn. */
  get pendingBytes (): number { return this.#pending }

  write (text: string): void {
    const frame = frameOf(text)
    if (this.#pending === 0) {
      flushSoon(this)
      this.#only = frame
    } else {
      this.#join(frame)
    }
    this.#pending += frame.bytes
  }

  /** Writes what waits, before a close frame of `ws` for example. */
  flush (): void {
    if (this.#pending === 0) return
    this.#pending = 0
    const only = this.#only
    const data = only === null ? this.#joined() : only.data
    this.#only = null
    const socket = this.#socket
    // `ws` may have ended it in the same turn, after a close frame for example: a write would be an error of the socket's. As long as bytes wait there it is not
    // ended yet, and nothing may come behind a close frame either.
    if (!socket.writable || (socket.writableLength > 0 && this.#webSocket.readyState !== this.#webSocket.OPEN)) return
    if (typeof data === 'string') socket.write(data, 'latin1', this.#written)
    else socket.write(data, this.#written)
    this.#waits = socket.writableLength > 0
  }

  #join (frame: TextFrame): void {
    const only = this.#only
    if (only !== null) this.#append(only)
    this.#only = null
    this.#append(frame)
  }

  #append (frame: TextFrame): void {
    if (frame.ascii !== null) {
      this.#ascii += frame.ascii
    } else {
      (this.#bytes ??= []).push(Buffer.from(this.#ascii, 'latin1'), frame.buffer)
      this.#ascii = ''
    }
  }

  #joined (): string | Buffer {
    const [ascii, bytes] = [this.#ascii, this.#bytes]
    this.#ascii = ''
    this.#bytes = null
    return bytes === null ? ascii : Buffer.concat([...bytes, Buffer.from(ascii, 'latin1')])
  }
}
