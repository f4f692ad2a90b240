import type { Clock, Timer } from '../../util/clock.ts'
import { CODECS } from './codecs.ts'
import type { CodecName, MediaKind, Negotiated } from './codecs.ts'
import type { DownTrack } from './down-track.ts'
import { LossRepair, ReceptionStatistics } from './loss.ts'
import type { ReceptionReport } from './loss.ts'
import { startsKeyframe, unpadded } from './rtp.ts'
import type { RtpView } from './rtp.ts'

/** A packet as receivers get it: parsed once, whoever forwards it. */
export interface UpPacket extends RtpView {
  readonly codec: CodecName
  readonly keyframe: boolean
}

/** What a published track asks of its publisher's connection. */
export interface UpTrackHost {
  readonly clock: Clock
  requestKeyframe (mediaSsrc: number): void
  requestPackets (mediaSsrc: number, sequences: number[]): void
}

/** What the publisher's description says of a track. */
export interface UpTrackFormat {
  readonly kind: MediaKind
  /** The publisher's own name for the track, safe to put in SDP. */
  readonly id: string
  readonly codecs: readonly Negotiated[]
}

/** One key frame in this time is enough for everybody who asks. */
const KEYFRAME_EVERY_MS = 300
/** Packets that are kept to be sent again: over 2 s of a video of 2 Mbps. One history serves every receiver. */
const HISTORY_PACKETS = 512

/** A track that a participant publishes, with everything that its receivers share. */
export class UpTrack {
  readonly kind: MediaKind
  readonly id: string
  readonly #host: UpTrackHost
  readonly #receivers = new Set<DownTrack>()
  readonly #history: Array<UpPacket | undefined> = []
  readonly #repair: LossRepair
  readonly #byPayloadType = new Map<number, Negotiated>()
  readonly #rtxToMedia = new Map<number, number>()
  #statistics: ReceptionStatistics
  #ssrc: number | null = null
  #keyframeAt = -Infinity
  #keyframeTimer: Timer | undefined
  packetsReceived = 0
  bytesReceived = 0
  keyframeRequests = 0

  constructor (host: UpTrackHost, format: UpTrackFormat) {
    this.#host = host
    this.kind = format.kind
    this.id = format.id
    this.#statistics = new ReceptionStatistics(clockRate(format))
    this.#repair = new LossRepair(host.clock, (sequences) => {
      if (this.#ssrc !== null) host.requestPackets(this.#ssrc, sequences)
    })
    this.reformat(format)
  }

  /** The stream that packets come in; null before the first one. */
  get ssrc (): number | null {
    return this.#ssrc
  }

  get packetsLost (): number {
    return this.#statistics.packetsLost
  }

  get receivers (): ReadonlySet<DownTrack> {
    return this.#receivers
  }

  /** Takes the payload types of a new description. */
  reformat (format: UpTrackFormat): void {
    this.#byPayloadType.clear()
    this.#rtxToMedia.clear()
    for (const codec of format.codecs) {
      this.#byPayloadType.set(codec.payloadType, codec)
      if (codec.rtxPayloadType !== null) this.#rtxToMedia.set(codec.rtxPayloadType, codec.payloadType)
    }
  }

  /** A packet of this track, or a retransmission of one. */
  receive (view: RtpView): void {
    const mediaType = this.#rtxToMedia.get(view.payloadType)
    if (mediaType !== undefined) return this.#receiveRepaired(view, mediaType)
    const codec = this.#byPayloadType.get(view.payloadType)
    if (codec === undefined) return
    if (view.ssrc !== this.#ssrc) this.#begin(view.ssrc, codec)
    const ahead = this.#statistics.add(view.sequence, view.timestamp, this.#host.clock.now())
    if (this.kind === 'video') this.#repair.arrived(view.sequence, ahead)
    this.#forward(view, codec)
  }

  /** Asks the publisher for a key frame, at most once in 300 ms; a request that comes too early is made up for. */
  requestKeyframe (): void {
    if (this.kind !== 'video' || this.#ssrc === null || this.#keyframeTimer !== undefined) return
    const waitMs = this.#keyframeAt + KEYFRAME_EVERY_MS - this.#host.clock.now()
    if (waitMs > 0) this.#keyframeTimer = this.#host.clock.after(waitMs, () => this.#sendKeyframeRequest())
    else this.#sendKeyframeRequest()
  }

  /** The packet with this number, if it is still kept. */
  kept (sequence: number): UpPacket | undefined {
    const packet = this.#history[sequence % HISTORY_PACKETS]
    return packet?.sequence === sequence ? packet : undefined
  }

  attach (receiver: DownTrack): void {
    this.#receivers.add(receiver)
    this.requestKeyframe()
  }

  detach (receiver: DownTrack): void {
    this.#receivers.delete(receiver)
  }

  /** The publisher's sender report: receivers get their own, in their own timestamps. */
  senderReport (ntpTimestamp: bigint, rtpTimestamp: number): void {
    for (const receiver of this.#receivers) receiver.report(ntpTimestamp, rtpTimestamp)
  }

  report (): ReceptionReport {
    return this.#statistics.report()
  }

  /** The worst loss that any receiver has told of, of 256. */
  get worstDownLoss (): number {
    let worst = 0
    for (const receiver of this.#receivers) worst = Math.max(worst, receiver.fractionLost)
    return worst
  }

  close (): void {
    this.#keyframeTimer?.cancel()
    this.#repair.close()
    this.#history.length = 0
  }

  #begin (ssrc: number, codec: Negotiated): void {
    const first = this.#ssrc === null
    this.#ssrc = ssrc
    this.#statistics = new ReceptionStatistics(CODECS[codec.name].clockRate)
    this.#history.length = 0
    if (first && this.#receivers.size > 0) this.requestKeyframe()
    for (const receiver of this.#receivers) receiver.restart()
  }

  /** RFC 4588: the payload begins with the original sequence number. Retransmissions of nothing are bandwidth probes. */
  #receiveRepaired (view: RtpView, mediaType: number): void {
    const payload = unpadded(view)
    const codec = this.#byPayloadType.get(mediaType)
    if (payload.length < 2 || codec === undefined || this.#ssrc === null) return
    const sequence = payload.readUInt16BE(0)
    if (!this.#repair.repaired(sequence)) return
    this.#statistics.repaired()
    this.#forward({ ...view, sequence, padding: false, payloadType: mediaType, ssrc: this.#ssrc, payload: payload.subarray(2) }, codec)
  }

  #forward (view: RtpView, { name }: Negotiated): void {
    this.packetsReceived++
    this.bytesReceived += view.payload.length
    const packet: UpPacket = { ...view, codec: name, keyframe: startsKeyframe(name, view.payload) }
    if (this.kind === 'video') this.#history[view.sequence % HISTORY_PACKETS] = packet
    for (const receiver of this.#receivers) receiver.forward(packet)
  }

  #sendKeyframeRequest (): void {
    this.#keyframeTimer = undefined
    if (this.#ssrc === null) return
    this.#keyframeAt = this.#host.clock.now()
    this.keyframeRequests++
    this.#host.requestKeyframe(this.#ssrc)
  }
}

function clockRate ({ codecs: [first] }: UpTrackFormat): number {
  return first === undefined ? 90_000 : CODECS[first.name].clockRate
}
