import type { CandidateLike, DescriptionLike, PeerConnectionEvents, PeerConnectionLike, StatsReportLike, StreamLike, TrackLike, TransceiverLike } from '../../../lib/client/media/dom.ts'

let count = 0

/** A track that does nothing but end. */
export class FakeTrack implements TrackLike {
  readonly id: string
  readonly kind: string
  readyState = 'live'
  readonly #listeners = new Set<() => void>()

  constructor (kind: string, id = `${kind}-${++count}`) {
    this.kind = kind
    this.id = id
  }

  addEventListener (_type: 'ended', listener: () => void): void { this.#listeners.add(listener) }

  /** As the browser does, not the program. */
  end (): void {
    this.readyState = 'ended'
    for (const listener of this.#listeners) listener()
  }
}

export class FakeStream implements StreamLike {
  readonly id = `stream-${++count}`
  readonly tracks: TrackLike[]

  constructor (tracks: TrackLike[] = []) { this.tracks = tracks }
  getTracks (): TrackLike[] { return this.tracks }
}

class FakeTransceiver implements TransceiverLike {
  mid: string | null
  direction: TransceiverLike['direction']
  readonly sender: { track: TrackLike | null, replaceTrack (track: TrackLike | null): Promise<void> }
  readonly receiver: { readonly track: TrackLike }
  readonly msid: string

  constructor (kind: string, mid: string | null, direction: TransceiverLike['direction'], track: TrackLike | null, streamId = '-') {
    this.mid = mid
    this.direction = direction
    this.receiver = { track: new FakeTrack(kind) }
    this.msid = `${streamId} ${track?.id ?? ''}`
    this.sender = {
      track,
      async replaceTrack (next) {
        if (next !== null && next.kind !== kind) throw new TypeError('another kind')
        this.track = next
      }
    }
  }
}

/** An m-line of the server's offer. */
export interface FakeLine { readonly kind: string, readonly msid?: string, readonly isInactive?: boolean }

/** As a media server writes it. */
export function offerOf (lines: readonly FakeLine[], ufrag = 'server'): DescriptionLike {
  const sections = lines.map(({ kind, msid, isInactive }, mid) => `m=${kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:${ufrag}\r\na=mid:${mid}\r\na=${isInactive ? 'inactive' : 'sendonly'}\r\n${msid === undefined ? '' : `a=msid:${msid}\r\n`}`)
  return { type: 'offer', sdp: `v=0\r\n${sections.join('')}` }
}

/** A peer connection that keeps the rules of offer and answer, and connects nothing. */
export class FakeConnection implements PeerConnectionLike {
  static readonly made: FakeConnection[] = []
  readonly configuration: unknown
  readonly candidates: CandidateLike[] = []
  readonly transceivers: FakeTransceiver[] = []
  readonly #listeners = new Map<string, Set<(event: never) => void>>()
  connectionState = 'new'
  iceConnectionState = 'new'
  signalingState = 'stable'
  localDescription: { sdp: string } | null = null
  remoteDescription: { sdp: string } | null = null
  iceRestarts = 0
  offers = 0
  report: StatsReportLike = new Map<string, never>()
  /** What the next `setRemoteDescription` does instead. */
  fault: Error | null = null

  constructor (configuration: unknown) {
    this.configuration = configuration
    FakeConnection.made.push(this)
  }

  addTransceiver (track: TrackLike, { direction, streams }: { direction: 'sendonly', streams: StreamLike[] }): TransceiverLike {
    this.#assertOpen()
    const transceiver = new FakeTransceiver(track.kind, null, direction, track, streams[0]?.id)
    this.transceivers.push(transceiver)
    return transceiver
  }

  getTransceivers (): TransceiverLike[] { return this.transceivers }

  async createOffer ({ iceRestart }: { iceRestart: boolean }): Promise<unknown> {
    this.#assertOpen()
    if (iceRestart) this.iceRestarts++
    this.offers++
    const sections = this.transceivers.map(({ receiver, direction, msid }, mid) => `m=${receiver.track.kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:own${this.iceRestarts}\r\na=mid:${mid}\r\na=${direction}\r\na=msid:${msid}\r\n`)
    return { type: 'offer', sdp: `v=0\r\n${sections.join('')}` }
  }

  async createAnswer (): Promise<unknown> {
    return { type: 'answer', sdp: 'v=0\r\nm=audio 9\r\na=ice-ufrag:answerer\r\n' }
  }

  async setLocalDescription (description: unknown): Promise<void> {
    this.#assertOpen()
    const { type, sdp } = description as DescriptionLike
    this.localDescription = { sdp }
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable'
    this.transceivers.forEach((transceiver, index) => { transceiver.mid = String(index) })
  }

  async setRemoteDescription ({ type, sdp }: DescriptionLike): Promise<void> {
    this.#assertOpen()
    if (this.fault !== null) {
      const { fault } = this
      this.fault = null
      throw fault
    }
    if (type === 'answer' && this.signalingState !== 'have-local-offer') throw new Error('InvalidStateError')
    this.remoteDescription = { sdp }
    this.signalingState = type === 'offer' ? 'have-remote-offer' : 'stable'
    if (type === 'offer') this.#receive(sdp)
  }

  async addIceCandidate (candidate: CandidateLike): Promise<void> {
    if (this.remoteDescription === null) throw new Error('InvalidStateError')
    this.candidates.push(candidate)
  }

  async getStats (): Promise<StatsReportLike> { return this.report }

  addEventListener<Type extends keyof PeerConnectionEvents> (type: Type, listener: (event: PeerConnectionEvents[Type]) => void): void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
  }

  close (): void {
    this.connectionState = this.signalingState = this.iceConnectionState = 'closed'
  }

  emit<Type extends keyof PeerConnectionEvents> (type: Type, event: PeerConnectionEvents[Type]): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never)
  }

  /** The network does that. */
  become (state: string): void {
    this.connectionState = this.iceConnectionState = state
    this.emit('connectionstatechange', {})
  }

  #receive (sdp: string): void {
    sdp.split(/^(?=m=)/m).slice(1).forEach((section, index) => {
      const known = this.transceivers[index]
      const transceiver = known ?? new FakeTransceiver(section.slice(2, 7), String(index), 'recvonly', null)
      if (known === undefined) this.transceivers.push(transceiver)
      const streamId = /^a=msid:(\S+)/m.exec(section)?.[1]
      if (known === undefined) this.emit('track', { transceiver, streams: streamId === undefined ? [{ id: 'from-the-event' }] : [{ id: streamId }] })
    })
  }

  #assertOpen (): void {
    if (this.signalingState === 'closed') throw new Error('InvalidStateError: closed')
  }
}
