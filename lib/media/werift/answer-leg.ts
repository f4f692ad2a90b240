import { CandidateInbox } from '../negotiation.ts'
import { isLive, receives, sends, usernameFragments } from '../sdp.ts'
import type { Direction, Sdp, SdpMedia } from '../sdp.ts'
import { negotiate } from './codecs.ts'
import type { MediaKind, Negotiated } from './codecs.ts'
import { bundledTransport, Connection } from './connection.ts'
import type { ConnectionHost } from './connection.ts'
import { Publication } from './publication.ts'
import type { PublishedLine } from './publication.ts'
import { MID_EXTENSION, sdpToken } from './sdp-writer.ts'
import type { MediaLine, RejectedLine } from './sdp-writer.ts'
import { SlotBoard } from './slot-board.ts'

/** What the leg asks of its participant. */
export interface AnswerLegHost extends ConnectionHost {
  /** A published track has come or gone, or slots have. */
  changed (): void
  /** The client has restarted ICE, or has made a new peer connection. */
  restarted (): void
}

/** An m-line of an offer with what this engine makes of it. */
interface Reading {
  readonly media: SdpMedia
  readonly mid: string
  readonly kind: MediaKind
  readonly codecs: readonly Negotiated[]
  readonly direction: Direction
}

/** The connection on which the client offers: it publishes, and a one-connection client receives on it as well. */
export class AnswerLeg {
  readonly inbox: CandidateInbox
  readonly connection: Connection
  readonly publication: Publication
  readonly slots: SlotBoard
  readonly #host: AnswerLegHost

  constructor (host: AnswerLegHost) {
    this.#host = host
    this.connection = new Connection(host, false, {
      rtp: (packet) => this.publication.receive(packet),
      senderReport: (packet) => this.publication.senderReport(packet),
      downTrack: (ssrc) => this.slots.bySsrc(ssrc),
      connected: () => this.#connected(),
      // The client has closed its connection: its tracks go at once, and its next offer starts a new transport.
      ended: () => this.mute()
    })
    const { minBitrate, maxBitrate } = host.environment.settings
    this.publication = new Publication({ clock: host.clock, minBitrate, maxBitrate, sendRtcp: (packets) => this.connection.sendRtcp(packets) })
    this.slots = new SlotBoard(this.connection)
    this.inbox = new CandidateInbox(host.clock, (candidate) => this.connection.addCandidate(candidate))
  }

  /** Answers an offer. @throws when the offer makes no sense to this engine */
  async answer (sdp: Sdp): Promise<void> {
    const remote = bundledTransport(sdp.media)
    if (remote === null) throw new Error('the offer has no m-line with ICE and DTLS parameters')
    const readings = this.#read(sdp)
    const restarted = this.connection.follow(remote)
    const changed = this.#apply(readings)
    const lines = sdp.media.map((media) => this.#line(media, readings))
    const text = await this.connection.describe(lines, remote.setup === 'passive' ? 'active' : 'passive')
    if (!this.connection.open) return
    this.connection.connect(remote)
    this.inbox.described(usernameFragments(sdp))
    remote.candidates.forEach((candidate) => this.connection.addCandidate({ candidate: `candidate:${candidate}` }))
    this.#host.sendDescription({ type: 'answer', sdp: text })
    if (changed) this.#host.changed()
    if (restarted) this.#host.restarted()
  }

  /** Once a second. */
  tick (): void {
    this.connection.pulse()
    if (this.connection.ready) this.publication.report()
  }

  /** The client sends nothing any more: its tracks go. Its next offer begins anew. */
  mute (): void {
    if (this.publication.update([], null)) this.#host.changed()
  }

  async close (): Promise<void> {
    this.slots.close()
    this.publication.close()
    await this.connection.close()
  }

  /** The living m-lines that can be bundled and have a codec in common. */
  #read (sdp: Sdp): Map<SdpMedia, Reading> {
    const { codecs, maxTracks } = this.#host.environment.settings
    const readings = new Map<SdpMedia, Reading>()
    const bundle = new Set(sdp.bundle)
    let published = 0
    for (const media of sdp.media) {
      const mid = media.mid ?? String(sdp.media.indexOf(media))
      const common = isLive(media) ? negotiate(media.codecs, codecs) : []
      const bundled = readings.size === 0 || bundle.has(mid)
      if (common.length === 0 || !bundled || !isToken(mid)) continue
      const publishes = sends(media.direction) && published < maxTracks
      if (publishes) published++
      readings.set(media, { media, mid, kind: media.kind as MediaKind, codecs: common, direction: directionFor(publishes, receives(media.direction)) })
    }
    return readings
  }

  #apply (readings: Map<SdpMedia, Reading>): boolean {
    const all = [...readings.values()]
    const published = all.filter(({ direction }) => receives(direction)).map(publishedLine)
    const midExtension = all[0] === undefined ? null : midExtensionOf(all[0].media)
    const tracksChanged = this.publication.update(distinctIds(published), midExtension)
    const slotsChanged = this.slots.update(all.filter(({ direction }) => sends(direction)))
    return tracksChanged || slotsChanged
  }

  #line (media: SdpMedia, readings: Map<SdpMedia, Reading>): MediaLine | RejectedLine {
    const reading = readings.get(media)
    if (reading === undefined) return { rejected: { kind: media.kind, protocol: media.protocol, formats: media.formats, mid: media.mid } }
    const { kind, mid, direction, codecs } = reading
    return { kind, mid, direction, codecs, midExtension: midExtensionOf(media), stream: this.slots.stream(mid) }
  }

  #connected (): void {
    for (const track of this.publication.tracks) track.requestKeyframe()
    this.slots.requestKeyframes()
  }
}

/** The engine's own direction: it receives what the client publishes and sends where the client receives. */
function directionFor (publishes: boolean, wants: boolean): Direction {
  if (publishes) return wants ? 'sendrecv' : 'recvonly'
  return wants ? 'sendonly' : 'inactive'
}

function publishedLine ({ media, mid, kind, codecs }: Reading): PublishedLine {
  return { mid, kind, codecs, id: sdpToken(media.trackId ?? `${kind}-${mid}`), ssrcs: media.ssrcs }
}

/** Clients may give two tracks one name; receivers could not tell them apart. */
function distinctIds (lines: readonly PublishedLine[]): PublishedLine[] {
  const seen = new Set<string>()
  return lines.map((line) => {
    const id = seen.has(line.id) ? `${line.id}-${line.mid}` : line.id
    seen.add(id)
    return { ...line, id }
  })
}

function midExtensionOf (media: SdpMedia): number | null {
  return media.extensions.find(({ uri }) => uri === MID_EXTENSION)?.id ?? null
}

/** A mid goes back into the answer and into a header extension of at most 16 bytes. */
function isToken (mid: string): boolean {
  return /^[\x21-\x7e]{1,16}$/.test(mid)
}
