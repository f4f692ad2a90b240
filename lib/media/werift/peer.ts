import type { Clock, Timer } from '../../util/clock.ts'
import { fingerprint } from '../../util/fingerprint.ts'
import type { Logger } from '../../util/logger.ts'
import type { Candidate, Description, MediaPeer, PeerContext, PeerEnd, PeerStats } from '../engine.ts'
import { endsCandidates, routeCandidate } from '../negotiation.ts'
import { isReceiving, parseSdp } from '../sdp.ts'
import type { Sdp } from '../sdp.ts'
import { AnswerLeg } from './answer-leg.ts'
import type { ConnectionHost } from './connection.ts'
import type { DownTrack } from './down-track.ts'
import { OfferLeg } from './offer-leg.ts'
import type { OfferedTrack } from './offer-leg.ts'
import { sdpToken } from './sdp-writer.ts'
import type { TransportEnvironment } from './transport.ts'

/** What a participant asks of its engine. */
export interface PeerHost {
  readonly clock: Clock
  readonly environment: TransportEnvironment
  /** Its tracks, or its wish for others', have changed: the room must look again. */
  changed (peer: Peer): void
  /** It takes no more part. */
  left (peer: Peer): void
}

/** Offers that may wait for the one before. */
const MAX_WAITING_OFFERS = 8
/** Silence of the subscribe connection after which the engine restarts its ICE, and the time between two attempts. */
const RESTART = { silentMs: 5_000, everyMs: 10_000 } as const
/** So long a participant that publishes nothing may still be about to. */
const UNDECIDED_MS = 10_000

/** One participant: what it publishes, what it is shown, and how that is negotiated. */
export class Peer implements MediaPeer {
  readonly #context: PeerContext
  readonly #host: PeerHost
  readonly #log: Logger
  /** Stands for the session in the log. */
  readonly #shownSession: string
  readonly #publish: AnswerLeg
  readonly #streamId: string
  readonly #joinedAt: number
  #subscribe: OfferLeg | null = null
  /** Known from the first offer on. */
  #connections: 'one' | 'two' | null = null
  #viewerTimer: Timer | undefined
  #restartedAt = -Infinity
  #offers = Promise.resolve()
  #waitingOffers = 0
  #closed: Promise<void> | undefined

  constructor (context: PeerContext, host: PeerHost) {
    this.#context = context
    this.#host = host
    this.#log = host.environment.log
    this.#shownSession = fingerprint(context.sessionId)
    this.#streamId = sdpToken(context.userId)
    this.#joinedAt = host.clock.now()
    this.#publish = new AnswerLeg({ ...this.#connectionHost(), changed: () => host.changed(this), restarted: () => this.#subscribe?.restart() })
    const { viewerAfterMs } = host.environment.settings
    this.#viewerTimer = host.clock.after(viewerAfterMs, () => this.#beginSubscribing())
    context.signal.addEventListener('abort', this.#aborted, { once: true })
  }

  /** What others can be shown of it. */
  get published (): OfferedTrack[] {
    return this.#publish.publication.tracks.map((track) => ({ streamId: this.#streamId, track }))
  }

  /** It publishes, or may be about to. */
  get countsAsPublisher (): boolean {
    return this.#publish.publication.tracks.length > 0 || this.#host.clock.now() - this.#joinedAt < UNDECIDED_MS
  }

  describe (description: Description): void {
    if (this.#closed !== undefined) return
    const sdp = parseSdp(description.sdp)
    if (sdp === null) return this.#ignore('what came is no session description')
    if (description.type === 'offer') this.#queueOffer(sdp)
    else if (this.#subscribe?.answer(sdp) !== true) this.#ignore('an answer came that nobody waits for')
  }

  candidate (candidate: Candidate): void {
    // The end of candidates is not passed on: werift would give up before the client's own checks have shown a way.
    if (this.#closed !== undefined || endsCandidates(candidate)) return
    const inboxes = [this.#publish.inbox, ...(this.#subscribe === null ? [] : [this.#subscribe.inbox])]
    if (!routeCandidate(candidate, inboxes)) this.#log.debug({ session: this.#shownSession }, 'a .local candidate was dropped')
  }

  /** Shows it these tracks of the others, which are in order of joining. */
  sync (tracks: readonly OfferedTrack[]): void {
    if (this.#closed !== undefined) return
    if (this.#connections === 'one') this.#publish.slots.sync(tracks.map(({ track }) => track))
    else this.#subscribe?.sync(tracks)
  }

  /** Once a second: reports to the client, and a look at whether it is still there. */
  tick (): void {
    this.#publish.tick()
    this.#subscribe?.tick()
    const { iceTimeoutMs } = this.#host.environment.settings
    const publishSilentMs = this.#publish.connection.silentMs
    const subscribeSilentMs = this.#subscribe?.connection.silentMs ?? 0
    if (subscribeSilentMs >= iceTimeoutMs) return this.#fail('ice')
    if (publishSilentMs >= iceTimeoutMs) {
      if (this.#subscribe === null || !this.#subscribe.connection.ready) return this.#fail('ice')
      this.#publish.mute()
    }
    if (subscribeSilentMs >= RESTART.silentMs) this.#restartSubscribe()
  }

  close (reason: string): Promise<void> {
    this.#closed ??= this.#close(reason)
    return this.#closed
  }

  async stats (): Promise<PeerStats> {
    const { tracks } = this.#publish.publication
    const downs = this.#downTracks()
    const sum = <T>(items: readonly T[], pick: (item: T) => number): number => items.reduce((total, item) => total + pick(item), 0)
    return {
      packetsReceived: sum(tracks, (track) => track.packetsReceived),
      bytesReceived: sum(tracks, (track) => track.bytesReceived),
      packetsSent: sum(downs, (down) => down.packetsSent),
      bytesSent: sum(downs, (down) => down.bytesSent),
      packetsLost: sum(tracks, (track) => track.packetsLost),
      keyframeRequests: sum(tracks, (track) => track.keyframeRequests),
      tracks: tracks.map(({ kind, id }) => ({ kind, id }))
    }
  }

  readonly #aborted = (): void => {
    this.close('aborted').catch((error: unknown) => this.#log.warn({ err: error }, 'a media peer did not close'))
  }

  async #close (reason: string): Promise<void> {
    this.#log.debug({ session: this.#shownSession, reason }, 'a media peer closes')
    this.#context.signal.removeEventListener('abort', this.#aborted)
    this.#viewerTimer?.cancel()
    this.#host.left(this)
    await Promise.allSettled([this.#publish.close(), this.#subscribe?.close()])
  }

  #downTracks (): DownTrack[] {
    return [...this.#publish.slots.downTracks, ...(this.#subscribe?.downTracks ?? [])]
  }

  /** One offer after the other; a client that does not wait for answers gets no more than some of them. */
  #queueOffer (sdp: Sdp): void {
    if (this.#waitingOffers >= MAX_WAITING_OFFERS) return this.#ignore('too many offers at once')
    this.#waitingOffers++
    this.#offers = this.#offers.then(() => this.#answer(sdp)).catch((error: unknown) => {
      this.#log.info({ err: error, session: this.#shownSession }, 'an offer was dropped')
    }).finally(() => { this.#waitingOffers-- })
  }

  async #answer (sdp: Sdp): Promise<void> {
    if (this.#closed !== undefined) return
    this.#viewerTimer?.cancel()
    const one = this.#connections === 'one' || isReceiving(sdp)
    if (one) await this.#becomeOneConnection()
    await this.#publish.answer(sdp)
    if (!one) this.#connections = 'two'
    if (!one) this.#beginSubscribing()
  }

  /** From now on its offers have slots for what it receives, and it is never sent an offer. */
  async #becomeOneConnection (): Promise<void> {
    this.#connections = 'one'
    const subscribe = this.#subscribe
    this.#subscribe = null
    await subscribe?.close()
  }

  #beginSubscribing (): void {
    if (this.#subscribe !== null || this.#closed !== undefined) return
    this.#subscribe = new OfferLeg(this.#connectionHost())
    this.#host.changed(this)
  }

  #restartSubscribe (): void {
    const now = this.#host.clock.now()
    if (now - this.#restartedAt < RESTART.everyMs) return
    this.#restartedAt = now
    this.#log.info({ session: this.#shownSession }, 'the subscribe connection is silent: ICE restarts')
    this.#subscribe?.restart()
  }

  #connectionHost (): ConnectionHost {
    const { clock, environment } = this.#host
    return {
      clock,
      environment,
      sendDescription: (description) => this.#tell(() => this.#context.sendDescription(description)),
      sendCandidate: (candidate) => this.#tell(() => this.#context.sendCandidate(candidate)),
      failed: (reason) => this.#fail(reason)
    }
  }

  #fail (reason: PeerEnd): void {
    if (this.#closed !== undefined) return
    this.#tell(() => this.#context.closed(reason))
    this.close(reason).catch((error: unknown) => this.#log.warn({ err: error }, 'a media peer did not close'))
  }

  /** The other side's callbacks must not take this participant down, let alone another one. */
  #tell (callback: () => void): void {
    if (this.#closed !== undefined) return
    try {
      callback()
    } catch (error) {
      this.#log.error({ err: error, session: this.#shownSession }, 'a callback of a media peer threw')
    }
  }

  #ignore (why: string): void {
    this.#log.info({ session: this.#shownSession }, why)
  }
}
