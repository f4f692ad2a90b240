import { randomInt } from 'node:crypto'
import { RtcpSenderInfo, RtcpSrPacket } from 'werift'
import type { RtcpPacket } from 'werift'
import type { Clock } from '../../util/clock.ts'
import { CODECS } from './codecs.ts'
import type { CodecName, MediaKind, Negotiated } from './codecs.ts'
import { RewrittenHeader, sequenceDistance } from './rtp.ts'
import type { UpPacket, UpTrack } from './up-track.ts'

/** What a forwarded track asks of its receiver's connection. */
export interface DownTrackHost {
  readonly clock: Clock
  /** True while packets can be sent. */
  readonly ready: boolean
  sendRtp (payload: Buffer, header: RewrittenHeader): void
  sendRtcp (packets: RtcpPacket[]): void
}

/** Plain resending is for receivers without RTX; further back one may take it for a replay (RFC 3711, section 3.3.2: its window is 64 or more). */
const MAX_PLAIN_RESEND = 64
/** How far back a packet may come late, or be asked for again. */
const MAX_REORDERING = 1_000

/**
 * What one receiver gets on one m-line. Its source may change (a slot that is refilled): sequence numbers and timestamps go on without
 * a jump, or a browser would drop everything that follows.
 */
export class DownTrack {
  readonly kind: MediaKind
  readonly ssrc = randomInt(1, 0xffff_ffff)
  readonly rtxSsrc = randomInt(1, 0xffff_ffff)
  readonly #host: DownTrackHost
  readonly #header = new RewrittenHeader(this.ssrc)
  readonly #rtxHeader = new RewrittenHeader(this.rtxSsrc)
  readonly #payloadTypes = new Map<CodecName, Negotiated>()
  #source: UpTrack | null = null
  #waiting = true
  #sequenceOffset = 0
  #timestampOffset = 0
  #lastSequence = randomInt(0, 0x8000)
  #lastTimestamp = randomInt(0, 0x8000_0000)
  #lastSentAt = 0
  #rtxSequence = randomInt(0, 0x8000)
  /** The oldest number that belongs to the present source, or lies not too far back. */
  #floor = 0
  packetsSent = 0
  bytesSent = 0
  /** Of 256, from the receiver's last report. */
  fractionLost = 0

  constructor (host: DownTrackHost, kind: MediaKind, codecs: readonly Negotiated[]) {
    this.#host = host
    this.kind = kind
    this.reformat(codecs)
  }

  get source (): UpTrack | null {
    return this.#source
  }

  /** Takes the payload types of a new description. */
  reformat (codecs: readonly Negotiated[]): void {
    this.#payloadTypes.clear()
    for (const codec of codecs) this.#payloadTypes.set(codec.name, codec)
  }

  /** From now on forwards this track; null forwards nothing. */
  follow (source: UpTrack | null): void {
    if (source === this.#source) return
    this.#source?.detach(this)
    this.#source = source
    this.fractionLost = 0
    this.restart()
    source?.attach(this)
  }

  /** The stream begins anew: the next packet that can be decoded alone goes on where the last one ended. */
  restart (): void {
    this.#waiting = true
  }

  forward (packet: UpPacket): void {
    if (!this.#host.ready) {
      // What is sent before the connection is up is lost; begin with a key frame when it is.
      this.#waiting = true
      return
    }
    const target = this.#payloadTypes.get(packet.codec)
    if (target === undefined || (this.#waiting && !this.#begin(packet))) return
    this.#send(packet, target)
  }

  /** The receiver misses these packets, by the numbers that it knows. */
  resend (sequences: readonly number[]): void {
    if (this.#source === null || this.#waiting) return
    for (const sequence of sequences) {
      if (sequenceDistance(this.#floor, sequence) < 0) continue
      const packet = this.#source.kept((sequence + this.#sequenceOffset) & 0xffff)
      const target = packet === undefined ? undefined : this.#payloadTypes.get(packet.codec)
      if (packet !== undefined && target !== undefined) this.#resend(packet, target, sequence)
    }
  }

  requestKeyframe (): void {
    this.#source?.requestKeyframe()
  }

  /** A sender report for this receiver: the publisher's clock, this stream's timestamps. */
  report (ntpTimestamp: bigint, rtpTimestamp: number): void {
    if (this.#waiting || !this.#host.ready) return
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp,
      rtpTimestamp: (rtpTimestamp - this.#timestampOffset) >>> 0,
      packetCount: this.packetsSent >>> 0,
      octetCount: this.bytesSent >>> 0
    })
    this.#host.sendRtcp([new RtcpSrPacket({ ssrc: this.ssrc, senderInfo })])
  }

  /** @returns false when the packet cannot be decoded without earlier ones */
  #begin (packet: UpPacket): boolean {
    if (this.kind === 'video' && !packet.keyframe) {
      // Chromium drops a request that comes within 300 ms of another, and any may be lost: ask until one is heard.
      this.requestKeyframe()
      return false
    }
    const idleMs = this.#lastSentAt === 0 ? 0 : this.#host.clock.now() - this.#lastSentAt
    const step = Math.max(1, Math.round(idleMs * CODECS[packet.codec].clockRate / 1_000))
    this.#sequenceOffset = (packet.sequence - (this.#lastSequence + 1)) & 0xffff
    this.#timestampOffset = (packet.timestamp - (this.#lastTimestamp + step)) >>> 0
    this.#waiting = false
    this.#floor = (this.#lastSequence + 1) & 0xffff
    return true
  }

  #send (packet: UpPacket, target: Negotiated): void {
    const sequence = (packet.sequence - this.#sequenceOffset) & 0xffff
    // Packets from before the switch have no number on this side.
    if (sequenceDistance(this.#floor, sequence) < 0) return
    const timestamp = (packet.timestamp - this.#timestampOffset) >>> 0
    if (sequenceDistance(this.#lastSequence, sequence) > 0) this.#advance(sequence, timestamp)
    this.#host.sendRtp(packet.payload, this.#header.rewrite(target.payloadType, packet, sequence, timestamp))
    this.packetsSent++
    this.bytesSent += packet.payload.length
  }

  #advance (sequence: number, timestamp: number): void {
    this.#lastSequence = sequence
    this.#lastTimestamp = timestamp
    this.#lastSentAt = this.#host.clock.now()
    if (sequenceDistance(this.#floor, sequence) > MAX_REORDERING) this.#floor = (sequence - MAX_REORDERING) & 0xffff
  }

  #resend (packet: UpPacket, target: Negotiated, sequence: number): void {
    const timestamp = (packet.timestamp - this.#timestampOffset) >>> 0
    if (target.rtxPayloadType === null) {
      if (sequenceDistance(sequence, this.#lastSequence) > MAX_PLAIN_RESEND) return
      this.#host.sendRtp(packet.payload, this.#header.rewrite(target.payloadType, packet, sequence, timestamp))
      return
    }
    const original = Buffer.allocUnsafe(2)
    original.writeUInt16BE(sequence)
    this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff
    this.#host.sendRtp(Buffer.concat([original, packet.payload]), this.#rtxHeader.rewrite(target.rtxPayloadType, packet, this.#rtxSequence, timestamp))
  }
}
