/**
 * RTP as bytes (RFC 3550). The forwarding path parses a packet once and rewrites twelve bytes for each
 * receiver; werift's own sender clones packet and header objects per subscriber, most of its cost.
 */
import { RtpHeader } from 'werift'

/** What forwarding needs to know of a packet. `payload` is a view into the received buffer. */
export interface RtpView {
  readonly payloadType: number
  readonly marker: boolean
  readonly padding: boolean
  readonly sequence: number
  readonly timestamp: number
  readonly ssrc: number
  readonly payload: Buffer
  /** Where the header extensions begin and end; equal when there are none. */
  readonly extensionStart: number
  readonly extensionEnd: number
}

const FIXED_BYTES = 12

/** Reads a decrypted packet; null when it is cut short. */
export function readRtp (packet: Buffer): RtpView | null {
  if (packet.length < FIXED_BYTES) return null
  const first = packet.readUInt8(0)
  const second = packet.readUInt8(1)
  let offset = FIXED_BYTES + (first & 0x0f) * 4
  let extensionStart = offset
  if ((first & 0x10) !== 0) {
    if (packet.length < offset + 4) return null
    extensionStart = offset + 4
    offset = extensionStart + packet.readUInt16BE(offset + 2) * 4
  }
  if (packet.length < offset) return null
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    padding: (first & 0x20) !== 0,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(offset),
    extensionStart: Math.min(extensionStart, offset),
    extensionEnd: offset
  }
}

/** The value of a one-byte header extension (RFC 8285) as text; null when the packet has none of that id. */
export function readExtensionText (packet: Buffer, view: RtpView, id: number): string | null {
  let at = view.extensionStart
  while (at < view.extensionEnd) {
    const head = packet.readUInt8(at)
    const length = (head & 0x0f) + 1
    if (head === 0) at++
    else if (head >> 4 === id && at + 1 + length <= view.extensionEnd) return packet.toString('latin1', at + 1, at + 1 + length)
    else at += 1 + length
  }
  return null
}

/** The payload without its padding; empty when padding is all there is (a bandwidth probe). */
export function unpadded (view: RtpView): Buffer {
  if (!view.padding || view.payload.length === 0) return view.payload
  const padding = view.payload.readUInt8(view.payload.length - 1)
  return view.payload.subarray(0, Math.max(0, view.payload.length - padding))
}

/**
 * A header of twelve bytes that is written anew for every packet: werift's SRTP session asks a header for
 * `ssrc`, `sequenceNumber` and its bytes only. A packet's bytes are not written to again.
 *
 * It carries no header extensions at all, the publisher's least of all: their ids mean something else on the
 * receiver's connection (werift's `sendRtp` merges them over its own).
 */
export class RewrittenHeader extends RtpHeader {
  #bytes = Buffer.alloc(FIXED_BYTES)

  constructor (ssrc: number) {
    super()
    this.ssrc = ssrc
  }

  override get serializeSize (): number {
    return FIXED_BYTES
  }

  override serialize (): Buffer<ArrayBuffer> {
    return this.#bytes
  }

  /** @param flags of the packet that is forwarded: its marker and padding bits are kept */
  rewrite (payloadType: number, flags: Pick<RtpView, 'marker' | 'padding'>, sequence: number, timestamp: number): this {
    const bytes = Buffer.allocUnsafe(FIXED_BYTES)
    bytes[0] = flags.padding ? 0xa0 : 0x80
    bytes[1] = payloadType | (flags.marker ? 0x80 : 0)
    bytes.writeUInt16BE(sequence, 2)
    bytes.writeUInt32BE(timestamp, 4)
    bytes.writeUInt32BE(this.ssrc, 8)
    this.sequenceNumber = sequence
    this.#bytes = bytes
    return this
  }
}

/** How far `b` lies after `a` on the circle of 16-bit sequence numbers: -32768..32767. */
export function sequenceDistance (a: number, b: number): number {
  return ((b - a) << 16) >> 16
}

/** True when decoding can start with this payload. For a codec that is not known here, always. */
export function startsKeyframe (codec: string, payload: Buffer): boolean {
  if (codec === 'vp8') return startsVp8Keyframe(payload)
  if (codec === 'h264') return startsH264Keyframe(payload)
  return true
}

/** RFC 7741, section 4.2 and 4.3: the first packet of a frame whose P bit is clear. */
function startsVp8Keyframe (payload: Buffer): boolean {
  const descriptor = payload[0] ?? 0
  if ((descriptor & 0x17) !== 0x10) return false
  let offset = 1
  if ((descriptor & 0x80) !== 0) {
    const extension = payload[offset++] ?? 0
    if ((extension & 0x80) !== 0) offset += ((payload[offset] ?? 0) & 0x80) !== 0 ? 2 : 1
    if ((extension & 0x40) !== 0) offset++
    if ((extension & 0x30) !== 0) offset++
  }
  const frame = payload[offset]
  return frame !== undefined && (frame & 0x01) === 0
}

/** RFC 6184: parameter sets come before a key frame, alone or in a STAP-A; some encoders send the slice alone. */
function startsH264Keyframe (payload: Buffer): boolean {
  const type = (payload[0] ?? 0) & 0x1f
  if (type === 24) return isH264Start((payload[3] ?? 0) & 0x1f)
  if (type === 28) return ((payload[1] ?? 0) & 0x80) !== 0 && isH264Start((payload[1] ?? 0) & 0x1f)
  return isH264Start(type)
}

const isH264Start = (type: number): boolean => type === 5 || type === 7
