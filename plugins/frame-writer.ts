import type { Writable } from 'node:stream'
import { byteLength } from '../lib/util/bytes.ts'

/** A final text frame without a mask (RFC 6455, section 5.2). */
const TEXT = '\x81'

/** Writers that have something to write in this turn of the event loop. */
const dirty: FrameWriter[] = []

/**
 * Writes text frames to a socket: all of one turn of the event loop in one write, which costs as much as a single frame does. `ws` still reads, pings and
 * closes; its own frames come between ours, never within one, as there is no compression whose end its sender would wait for.
 */
export class FrameWriter {
  readonly #socket: Writable
  /** Called when what was written has left the process. */
  readonly #written: (() => void) | undefined
  /** Frames as Latin-1, as long as every text is ASCII: strings are joined and written without a copy of ours. */
  #ascii = ''
  /** Frames before `#ascii`, once there was a text that is not. */
  #bytes: Buffer[] = []
  #pending = 0

  constructor (socket: Writable, written?: () => void) {
    this.#socket = socket
    this.#written = written
  }

  /** Bytes that wait for the end of this turn. */
  get pendingBytes (): number { return this.#pending }

  write (text: string): void {
    if (this.#pending === 0 && dirty.push(this) === 1) setImmediate(flushAll)
    const frame = frameOf(text)
    this.#pending += frame.bytes
    if (frame.isAscii) {
      this.#ascii += frame.data
    } else {
      this.#bytes.push(Buffer.from(this.#ascii, 'latin1'), Buffer.from(frame.data, 'latin1'), Buffer.from(text))
      this.#ascii = ''
    }
  }

  /** Writes what waits, before a close frame of `ws` for example. */
  flush (): void {
    if (this.#pending === 0) return
    const [ascii, bytes] = [this.#ascii, this.#bytes]
    this.#ascii = ''
    this.#pending = 0
    if (bytes.length > 0) this.#bytes = []
    // `ws` may have ended it in the same turn, after a close frame for example: a write would be an error of the socket's.
    if (this.#socket.writableEnded) return
    if (bytes.length === 0) this.#socket.write(ascii, 'latin1', this.#written)
    else this.#socket.write(Buffer.concat([...bytes, Buffer.from(ascii, 'latin1')]), this.#written)
  }
}

function flushAll (): void {
  for (const writer of dirty.splice(0)) writer.flush()
}

/** `data` is the whole frame where the text is ASCII, otherwise its header; Latin-1 either way. */
interface Frame {
  readonly text: string
  readonly isAscii: boolean
  readonly data: string
  readonly bytes: number
}

/** The last one: what goes to all members of a room is framed once. */
let last: Frame = { text: '', isAscii: true, data: `${TEXT}\x00`, bytes: 2 }

function frameOf (text: string): Frame {
  if (text === last.text) return last
  const length = byteLength(text)
  const isAscii = length === text.length
  const header = headerOf(length)
  last = { text, isAscii, data: isAscii ? header + text : header, bytes: header.length + length }
  return last
}

function headerOf (length: number): string {
  if (length < 126) return TEXT + String.fromCharCode(length)
  if (length < 65_536) return `${TEXT}\x7e${bigEndian(length, 2)}`
  return `${TEXT}\x7f${bigEndian(length, 8)}`
}

function bigEndian (value: number, bytes: number): string {
  const places = Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256)
  return String.fromCharCode(...places)
}
