import { randomInt } from 'node:crypto'
import { RtcpReceiverInfo, RtcpRrPacket } from 'werift'
import type { RtcpPacket, RtcpSrPacket } from 'werift'
import type { Clock } from '../../util/clock.ts'
import { rtcp } from './feedback.ts'
import { RateControl } from './rate-control.ts'
import { readExtensionText, readRtp } from './rtp.ts'
import { UpTrack } from './up-track.ts'
import type { UpTrackFormat } from './up-track.ts'

/** What the publishing side of a connection asks of it. */
export interface PublicationHost {
  readonly clock: Clock
  readonly minBitrate: number
  readonly maxBitrate: number
  sendRtcp (packets: RtcpPacket[]): void
}

/** A published m-line as the client's offer describes it. */
export interface PublishedLine extends UpTrackFormat {
  readonly mid: string
  /** The media stream and its retransmissions. */
  readonly ssrcs: readonly number[]
}

interface SenderClock {
  /** The middle 32 bits of the sender's NTP time, which a receiver report returns. */
  readonly lastReport: number
  readonly atMs: number
}

/** Seconds from 1900 (NTP) to 1970 (Unix). */
const NTP_EPOCH_S = 2_208_988_800n

/** The tracks that one connection receives from its client: who a packet belongs to, and what is reported back. */
export class Publication {
  /** This engine's own SSRC in what it reports on the connection. */
  readonly ssrc = randomInt(1, 0xffff_ffff)
  readonly #host: PublicationHost
  readonly #rate: RateControl
  readonly #tracks = new Map<string, UpTrack>()
  readonly #bySsrc = new Map<number, UpTrack>()
  readonly #clocks = new Map<number, SenderClock>()
  #midExtension: number | null = null
  #clockOffset: bigint | null = null
  #bytesBefore = 0
  #reportedAt: number

  constructor (host: PublicationHost) {
    this.#host = host
    this.#rate = new RateControl(host.minBitrate, host.maxBitrate)
    this.#reportedAt = host.clock.now()
  }

  /** In the order of their m-lines. */
  get tracks (): UpTrack[] {
    return [...this.#tracks.values()]
  }

  /**
   * Takes the m-lines of a new offer on which the client sends.
   * @returns true when a track has come or gone
   */
  update (lines: readonly PublishedLine[], midExtension: number | null): boolean {
    this.#midExtension = midExtension
    this.#bySsrc.clear()
    const before = this.tracks
    const gone = new Set(this.#tracks.keys())
    for (const line of lines) {
      const track = this.#track(line)
      line.ssrcs.forEach((ssrc) => this.#bySsrc.set(ssrc, track))
      gone.delete(line.mid)
    }
    for (const mid of gone) this.#drop(mid)
    const after = this.tracks
    return before.length !== after.length || before.some((track, index) => track !== after[index])
  }

  receive (packet: Buffer): void {
    const view = readRtp(packet)
    if (view === null) return
    let track = this.#bySsrc.get(view.ssrc)
    if (track === undefined && this.#midExtension !== null) {
      // A client that does not name its streams in SDP marks the first packets of each with its m-line.
      track = this.#tracks.get(readExtensionText(packet, view, this.#midExtension) ?? '')
      if (track !== undefined && this.#bySsrc.size < 64) this.#bySsrc.set(view.ssrc, track)
    }
    track?.receive(view)
  }

  /** A sender report of the client goes on to the receivers, in the engine's own clock: two publishers in one slot have two clocks. */
  senderReport (packet: RtcpSrPacket): void {
    const track = this.#bySsrc.get(packet.ssrc)
    if (track === undefined || packet.ssrc !== track.ssrc) return
    const { ntpTimestamp, rtpTimestamp } = packet.senderInfo
    const nowMs = this.#host.clock.now()
    this.#clocks.set(packet.ssrc, { lastReport: Number((ntpTimestamp >> 16n) & 0xffff_ffffn), atMs: nowMs })
    this.#clockOffset ??= toNtp(nowMs) - ntpTimestamp
    track.senderReport(BigInt.asUintN(64, ntpTimestamp + this.#clockOffset), rtpTimestamp)
  }

  /** Once a second: receiver reports, and the bitrate that the client should keep to. */
  report (): void {
    const live = this.tracks.flatMap((track) => track.ssrc === null ? [] : [{ track, ssrc: track.ssrc, report: track.report() }])
    const bitrate = this.#bitrate()
    if (live.length === 0) return
    const reports = live.map(({ ssrc, report }) => new RtcpReceiverInfo({ ssrc, ...report, ...this.#echo(ssrc) }))
    const packets: RtcpPacket[] = [new RtcpRrPacket({ ssrc: this.ssrc, reports })]
    const video = live.filter(({ track }) => track.kind === 'video')
    if (video.length > 0) {
      const upLoss = Math.max(...video.map(({ report }) => report.fractionLost)) / 256
      const downLoss = Math.max(...video.map(({ track }) => track.worstDownLoss)) / 256
      packets.push(rtcp.maxBitrate(this.ssrc, this.#rate.update({ upLoss, downLoss, receivedBitrate: bitrate }), video.map(({ ssrc }) => ssrc)))
    }
    this.#host.sendRtcp(packets)
  }

  close (): void {
    for (const mid of [...this.#tracks.keys()]) this.#drop(mid)
  }

  #track (line: PublishedLine): UpTrack {
    const known = this.#tracks.get(line.mid)
    if (known !== undefined && known.kind === line.kind && known.id === line.id) {
      known.reformat(line)
      return known
    }
    if (known !== undefined) this.#drop(line.mid)
    const track = new UpTrack({
      clock: this.#host.clock,
      requestKeyframe: (ssrc) => this.#host.sendRtcp([rtcp.keyframeRequest(this.ssrc, ssrc)]),
      requestPackets: (ssrc, sequences) => this.#host.sendRtcp([rtcp.packetRequest(this.ssrc, ssrc, sequences)])
    }, line)
    this.#tracks.set(line.mid, track)
    return track
  }

  #drop (mid: string): void {
    const track = this.#tracks.get(mid)
    if (track === undefined) return
    this.#tracks.delete(mid)
    if (track.ssrc !== null) this.#clocks.delete(track.ssrc)
    track.close()
  }

  #echo (ssrc: number): { lsr: number, dlsr: number } {
    const clock = this.#clocks.get(ssrc)
    if (clock === undefined) return { lsr: 0, dlsr: 0 }
    return { lsr: clock.lastReport, dlsr: Math.round((this.#host.clock.now() - clock.atMs) * 65.536) >>> 0 }
  }

  #bitrate (): number {
    const bytes = this.tracks.reduce((sum, track) => sum + track.bytesReceived, 0)
    const now = this.#host.clock.now()
    const bitrate = Math.max(0, bytes - this.#bytesBefore) * 8_000 / Math.max(1, now - this.#reportedAt)
    this.#bytesBefore = bytes
    this.#reportedAt = now
    return bitrate
  }
}

function toNtp (nowMs: number): bigint {
  return ((BigInt(Math.floor(nowMs / 1_000)) + NTP_EPOCH_S) << 32n) + BigInt(Math.floor((nowMs % 1_000) * 4_294_967.296))
}
