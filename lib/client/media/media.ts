import type { Candidate, Description } from '../../protocol/signal.ts'
import { type Clock, systemClock, type Timer } from '../../util/clock.ts'
import type { SignallingClient } from '../api.ts'
import { backoffMs } from '../backoff.ts'
import { ClientError } from '../client-error.ts'
import { Emitter } from '../emitter.ts'
import type { Media, MediaEvents, MediaOptions, MediaState, MediaStats, Person } from './api.ts'
import type { DomPeerConnection, DomStream, DomTrack, IceServer, PeerConnectionLike } from './dom.ts'
import { isSuperseded, Leg } from './leg.ts'
import { browserNetwork, type Network } from './network.ts'
import { People } from './people.ts'
import { StatsReader } from './stats.ts'
import { tracksOf, Wishes } from './wishes.ts'

/** Who is not back so long after connections began anew has gone. */
const SETTLE_MS = 5_000
/** A stay that lasted this long counts as a success: the next loss is mended at once. */
const STEADY_MS = 60_000
const BACKOFF = { minBackoffMs: 1_000, maxBackoffMs: 30_000 }

/**
 * The media of a client. Nothing happens until something is asked for.
 * @param network for tests
 */
export function createMedia (client: SignallingClient, options: MediaOptions = {}, network: Network = browserNetwork): Media {
  return new ClientMedia(client, options, network)
}

class ClientMedia implements Media {
  readonly #client: SignallingClient
  readonly #options: MediaOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #emitter = new Emitter()
  readonly #wishes = new Wishes()
  readonly #people: People
  readonly #stats = new StatsReader()
  readonly #off: ReadonlyArray<() => void>
  #state: MediaState = 'idle'
  #leg: Leg | null = null
  /** What is under way; whatever belongs to another one is of the past. */
  #attempt = {}
  #timer: Timer | null = null
  /** Told when all that is wished for is so, or why it never will be. */
  #waiters: Array<(error?: unknown) => void> = []
  #failures = 0
  #startedAt = -Infinity

  constructor (client: SignallingClient, options: MediaOptions, network: Network) {
    this.#client = client
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#people = new People({
      makeStream: (tracks) => new (this.#class('MediaStream'))(tracks),
      came: (person) => this.#emit('stream', person),
      gone: (userId) => this.#emit('gone', { userId })
    })
    this.#off = [
      // In the form in which they are sent from here (MSE-SDP-2, MSE-ICE-2).
      client.on('sdpOffer', ({ offer }) => this.#leg?.describe(offer as Description)),
      client.on('iceCandidate', ({ candidate }) => this.#leg?.candidate(candidate as Candidate)),
      client.on('session', ({ fresh }) => { if (fresh && this.#state !== 'idle') this.#again() }),
      client.on('state', ({ state }) => {
        if (state === 'open') this.#leg?.look()
        if (state === 'closed') this.close()
      }),
      network.watch(() => this.restartIce())
    ]
  }

  get state (): MediaState { return this.#state }
  get people (): ReadonlyMap<string, Person> { return this.#people.people }

  get connections (): Media['connections'] {
    return {
      publish: (this.#leg?.publisher.connection ?? null) as DomPeerConnection | null,
      subscribe: (this.#leg?.subscriber.connection ?? null) as DomPeerConnection | null
    }
  }

  start (): Promise<void> {
    return this.#apply(() => {})
  }

  publish (stream: DomStream): Promise<void> {
    return this.#apply(() => this.#wishes.publish(stream))
  }

  unpublish (what: DomStream | DomTrack): Promise<void> {
    return this.#apply(() => this.#wishes.unpublish(what), false)
  }

  replaceTrack (track: DomTrack, by: DomTrack | null): Promise<void> {
    return this.#apply(() => {
      if (!this.#wishes.replace(track, by)) throw new TypeError('no track of that kind is published')
    }, false)
  }

  share (screen: DomStream | DomTrack): Promise<void> {
    return this.#apply(() => {
      this.#wishes.share(screen)
      for (const track of tracksOf(screen)) track.addEventListener('ended', () => { this.unpublish(track as DomTrack).catch(() => {}) })
    })
  }

  unshare (): Promise<void> {
    return this.#apply(() => this.#wishes.unshare(), false)
  }

  restartIce (): void {
    this.#leg?.publisher.restartIce()
  }

  stats (): Promise<MediaStats> {
    return this.#stats.read(this.#leg?.publisher.connection, this.#leg?.subscriber.connection)
  }

  on<Name extends keyof MediaEvents> (event: Name, listener: (event: MediaEvents[Name]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  close (): void {
    if (this.#state === 'closed') return
    this.#stop()
    for (const off of this.#off) off()
    this.#wishes.clear()
    this.#people.people.clear()
    this.#settle(new ClientError('closed', 'the media are closed'))
    this.#become('closed')
  }

  /**
   * Does what is wished for.
   * @param change what is wished for from now on
   * @param isReason whether that is a reason to ask for the service
   */
  #apply (change: () => void, isReason = true): Promise<void> {
    const applied = this.#applied(change, isReason)
    // Who is not interested need not catch: what matters is told as `state`.
    applied.catch(() => {})
    return applied
  }

  async #applied (change: () => void, isReason: boolean): Promise<void> {
    if (this.#state === 'closed') throw new ClientError('closed', 'the media are closed')
    if (isReason && this.#class('RTCPeerConnection')) this.#class('MediaStream')
    change()
    if (this.#state === 'idle' && !isReason) return
    const settled = new Promise<void>((resolve, reject) => { this.#waiters.push((error) => error === undefined ? resolve() : reject(error)) })
    if (this.#state === 'idle') this.#again()
    await Promise.all([settled, this.#sync()])
  }

  async #sync (): Promise<void> {
    const leg = this.#leg
    try {
      await leg?.publisher.sync(this.#wishes)
    } catch (error) {
      if (leg === this.#leg) throw error // else the next one does it
    }
  }

  #class<Name extends 'RTCPeerConnection' | 'MediaStream'> (name: Name): NonNullable<MediaOptions[Name]> {
    const found = this.#options[name] ?? (globalThis as MediaOptions)[name]
    if (found === undefined) throw new TypeError(`no ${name}: give one in the options`)
    return found as NonNullable<MediaOptions[Name]>
  }

  async #begin (attempt: object): Promise<void> {
    const { iceServers = [] } = this.#options
    const servers = typeof iceServers === 'function' ? await iceServers() : iceServers
    if (this.#attempt !== attempt) return
    const leg = this.#leg = this.#makeLeg(servers)
    await this.#sync()
    await leg.start()
    if (this.#attempt !== attempt) return
    this.#startedAt = this.#clock.now()
    this.#timer = this.#clock.after(SETTLE_MS, () => this.#people.settle())
    this.#become('started')
  }

  #makeLeg (servers: readonly IceServer[]): Leg {
    const Connection = this.#class('RTCPeerConnection')
    return new Leg({
      client: this.#client,
      clock: this.#clock,
      random: this.#random,
      connect: () => new Connection({ iceServers: [...servers], bundlePolicy: 'max-bundle' }) as PeerConnectionLike,
      receive: (lines) => this.#people.update(lines),
      waiting: (retryInMs, error) => this.#emit('waiting', { retryInMs, error }),
      settled: () => this.#settle(),
      lost: (error) => this.#again(error)
    })
  }

  /**
   * New connections, and the service asked for. Not at once when that was of no use a moment ago.
   * @param error what is to be mended; undefined: the session is new, the server has nothing of ours
   */
  #again (error?: unknown): void {
    this.#stop()
    this.#people.wait()
    if (error === undefined || this.#clock.now() - this.#startedAt > STEADY_MS) this.#failures = 0
    if (error === undefined || this.#failures++ === 0) {
      this.#open()
      return this.#become('starting', error)
    }
    const retryInMs = backoffMs({ ...BACKOFF, random: this.#random }, this.#failures - 1)
    this.#timer = this.#clock.after(retryInMs, () => this.#open())
    this.#become('starting', error)
    this.#emit('waiting', { retryInMs, error })
  }

  #open (): void {
    const attempt = this.#attempt = {}
    this.#begin(attempt).catch((error) => {
      if (this.#attempt !== attempt) return
      if (this.#startedAt > -Infinity && !isSuperseded(error)) return this.#again(error)
      // Refused at first, or taken over by a page that was asked later, it is for the caller to ask again; what was there once comes back.
      this.#stop()
      this.#people.settle()
      this.#settle(error)
      this.#become('idle', error)
    })
  }

  #stop (): void {
    this.#attempt = {}
    this.#timer?.cancel()
    this.#leg?.close()
    this.#leg = null
  }

  #settle (error?: unknown): void {
    for (const tell of this.#waiters.splice(0)) tell(error)
  }

  #become (state: MediaState, error?: unknown): void {
    if (state === this.#state && error === undefined) return
    this.#state = state
    this.#emit('state', { state, ...(error !== undefined && { error }) })
  }

  #emit<Name extends keyof MediaEvents> (name: Name, event: MediaEvents[Name]): void {
    // A listener may have closed it all meanwhile.
    if (this.#state !== 'closed' || name === 'state') this.#emitter.emit(name, event)
  }
}
