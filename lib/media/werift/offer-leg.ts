import { CandidateInbox, Offerer } from '../negotiation.ts'
import { usernameFragments } from '../sdp.ts'
import type { Sdp } from '../sdp.ts'
import { ownCodecs } from './codecs.ts'
import type { MediaKind, Negotiated } from './codecs.ts'
import { bundledTransport, Connection } from './connection.ts'
import type { ConnectionHost } from './connection.ts'
import { DownTrack } from './down-track.ts'
import type { MediaLine } from './sdp-writer.ts'
import type { UpTrack } from './up-track.ts'

/** A track of another participant, with the stream that it is shown in. */
export interface OfferedTrack {
  /** The publisher's user id, as it stands in SDP. */
  readonly streamId: string
  readonly track: UpTrack
}

/** An m-line of this connection. It stays for ever; when its track has gone it is inactive until another of its kind comes. */
interface Line {
  readonly mid: string
  readonly kind: MediaKind
  down: DownTrack | null
  streamId: string
}

/** The connection on which the engine offers: a client with two connections receives on it. */
export class OfferLeg {
  readonly inbox: CandidateInbox
  readonly connection: Connection
  readonly #host: ConnectionHost
  readonly #offerer: Offerer
  readonly #codecs: Readonly<Record<MediaKind, readonly Negotiated[]>>
  readonly #lines: Line[] = []
  #restart = false
  #closed = false
  #lastOffer: string | null = null

  constructor (host: ConnectionHost) {
    this.#host = host
    const { codecs } = host.environment.settings
    this.#codecs = { audio: ownCodecs('audio', codecs), video: ownCodecs('video', codecs) }
    this.connection = new Connection(host, true, {
      rtp: () => {},
      senderReport: () => {},
      downTrack: (ssrc) => this.downTracks.find((down) => down.ssrc === ssrc),
      connected: () => this.downTracks.forEach((down) => down.requestKeyframe()),
      ended: () => {}
    })
    this.#offerer = new Offerer({ clock: host.clock, offer: () => this.#offer(), resend: () => this.#resend(), gaveUp: () => host.failed('negotiation') })
    this.inbox = new CandidateInbox(host.clock, (candidate) => this.connection.addCandidate(candidate))
  }

  get downTracks (): DownTrack[] {
    return this.#lines.flatMap(({ down }) => down ?? [])
  }

  /** Shows the client these tracks and no others. */
  sync (tracks: readonly OfferedTrack[]): void {
    const wanted = new Set(tracks.map(({ track }) => track))
    let changed = false
    for (const line of this.#lines) {
      if (line.down === null || (line.down.source !== null && wanted.delete(line.down.source))) continue
      line.down.follow(null)
      line.down = null
      changed = true
    }
    for (const { track, streamId } of tracks) {
      if (!wanted.has(track) || this.#codecs[track.kind].length === 0) continue
      this.#show(track, streamId)
      changed = true
    }
    if (changed) this.#offerer.change()
  }

  /** New ICE credentials, in an offer to the client. */
  restart (): void {
    if (this.#lines.length === 0) return
    this.#restart = true
    this.#offerer.change()
  }

  /** Takes the client's answer; false when nobody waits for one. */
  answer (sdp: Sdp): boolean {
    const remote = bundledTransport(sdp.media)
    if (remote === null || !this.#offerer.answered()) return false
    if (this.connection.isStranger(remote)) {
      // The client has made a new peer connection, a reloaded page for example: DTLS starts over, with a fresh offer.
      this.#startOver()
      return true
    }
    this.connection.connect(remote)
    this.inbox.described(usernameFragments(sdp))
    remote.candidates.forEach((candidate) => this.connection.addCandidate({ candidate: `candidate:${candidate}` }))
    return true
  }

  /** Once a second. */
  tick (): void {
    this.connection.pulse()
  }

  async close (): Promise<void> {
    this.#closed = true
    this.#offerer.close()
    this.downTracks.forEach((down) => down.follow(null))
    await this.connection.close()
  }

  /** Reuses an inactive m-line of the same kind: m-lines can never be taken out of a session again. */
  #show (track: UpTrack, streamId: string): void {
    const down = new DownTrack(this.connection, track.kind, this.#codecs[track.kind])
    const free = this.#lines.find((line) => line.kind === track.kind && line.down === null)
    if (free === undefined) {
      this.#lines.push({ mid: String(this.#lines.length), kind: track.kind, down, streamId })
    } else {
      free.down = down
      free.streamId = streamId
    }
    down.follow(track)
  }

  #startOver (): void {
    this.#host.environment.log.debug({}, 'the subscribe connection starts over with a new peer connection of the client')
    this.connection.replace()
    this.#offerer.change()
  }

  #offer (): void {
    this.#describe().catch((error: unknown) => {
      if (this.#closed) return
      this.#host.environment.log.error({ err: error }, 'no offer could be made')
      this.#host.failed('engine')
    })
  }

  async #describe (): Promise<void> {
    this.connection.prepare()
    if (this.#restart) this.connection.restart()
    this.#restart = false
    const sdp = await this.connection.describe(this.#lines.map((line) => this.#line(line)), 'actpass')
    if (this.#closed) return
    this.#lastOffer = sdp
    this.#resend()
  }

  #resend (): void {
    if (this.#lastOffer !== null) this.#host.sendDescription({ type: 'offer', sdp: this.#lastOffer })
  }

  #line ({ mid, kind, down, streamId }: Line): MediaLine {
    const codecs = this.#codecs[kind]
    if (down === null || down.source === null) return { mid, kind, codecs, direction: 'inactive' }
    const { ssrc, rtxSsrc, source } = down
    return { mid, kind, codecs, direction: 'sendonly', stream: { id: streamId, trackId: source.id, ssrc, rtxSsrc, cname: streamId } }
  }
}
