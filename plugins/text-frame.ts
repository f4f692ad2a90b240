import { byteLength } from '../lib/util/bytes.ts'

/** A final text frame without a mask (RFC 6455, section 5.2). */
const TEXT = '\x81'

/** A text as the frame that a server sends. */
export class TextFrame {
  readonly text: string
  /** The whole frame as Latin-1 where the text is ASCII, null where it is not. */
  readonly ascii: string | null
  /** Length of the frame. */
  readonly bytes: number
  /** Does it go to more than one socket? */
  isShared = false
  readonly #header: string
  #buffer: Buffer | null = null

  constructor (text: string) {
    const length = byteLength(text)
    this.#header = headerOf(length)
    this.text = text
    this.ascii = length === text.length ? this.#header + text : null
    this.bytes = this.#header.length + length
  }

  /** What costs least to write: bytes that all sockets share, or a string that one socket takes without a copy of ours. */
  get data (): string | Buffer {
    return this.isShared || this.ascii === null ? this.buffer : this.ascii
  }

  /** The whole frame, made once. */
  get buffer (): Buffer {
    this.#buffer ??= this.ascii === null ? Buffer.concat([Buffer.from(this.#header, 'latin1'), Buffer.from(this.text)]) : Buffer.from(this.ascii, 'latin1')
    return this.#buffer
  }
}

let last = new TextFrame('')

/** The frame of a text: what goes to all members of a room is framed once. */
export function frameOf (text: string): TextFrame {
  if (text === last.text) {
    last.isShared = true
    return last
  }
  last = new TextFrame(text)
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
