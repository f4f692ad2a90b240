import type { Clock, Timer } from '../../util/clock.ts'
import type { SignallingClient } from '../api.ts'
import { ClientError } from '../client-error.ts'
import { CandidateRouter } from './candidates.ts'
import type { CandidateLike, DescriptionLike, PeerConnectionLike } from './dom.ts'
import type { Line } from './line-reader.ts'
import { Publisher } from './publisher.ts'
import { StatsReader } from './stats.ts'
import { Subscriber } from './subscriber.ts'

const MIN_RETRY_MS = 250
const DEFAULT_RETRY_MS = 3_000

/** What a {@link Leg} needs, and whom it tells. */
export interface LegContext {
  readonly client: SignallingClient
  readonly clock: Clock
  readonly random: () => number
  readonly connect: () => PeerConnectionLike
  /** This is all that comes now. */
  readonly receive: (lines: readonly Line[]) => void
  readonly waiting: (retryInMs: number, error: unknown) => void
  /** The server has taken all that is to be sent. */
  readonly settled: () => void
  /** Only another leg can help. */
  readonly lost: (error: unknown) => void
}

/** What both connections ask of their leg. */
export interface LegHost {
  readonly clock: Clock
  readonly canMend: () => boolean
  /** Resolves when the server has it, however long that takes; rejects when the server does not want it. */
  readonly sendOffer: (offer: DescriptionLike) => Promise<unknown>
  readonly sendAnswer: (offer: DescriptionLike) => void
  readonly sendCandidate: (candidate: CandidateLike) => void
  /** A remote description has been set. */
  readonly described: () => void
  readonly settled: () => void
  readonly lost: (error: unknown) => void
}

/** One stay with the media engine: two connections that live and die together. */
export class Leg {
  readonly publisher: Publisher
  readonly subscriber: Subscriber
  readonly stats: StatsReader
  readonly #context: LegContext
  readonly #candidates: CandidateRouter
  readonly #abort = new AbortController()
  #timer: Timer | null = null
  #loss: unknown

  constructor (context: LegContext) {
    this.#context = context
    const [publish, subscribe] = [context.connect(), context.connect()]
    const host = this.#host()
    this.publisher = new Publisher(publish, host)
    this.subscriber = new Subscriber(subscribe, { ...host, receive: this.#unlessClosed(context.receive), silent: () => this.#silent() })
    this.stats = new StatsReader(publish, subscribe)
    this.#candidates = new CandidateRouter([publish, subscribe], context.clock)
  }

  /** Resolves when the engine has taken us. @throws ClientError when it never will */
  async start (): Promise<void> {
    const { client } = this.#context
    const { signal } = this.#abort
    for (let isStarted = false; !isStarted;) {
      try {
        await client.call('start', {}, { signal })
        isStarted = true
      } catch (error) {
        if (signal.aborted || !isTemporary(error)) throw error
        await this.#pause(error)
      }
    }
    if (!signal.aborted) this.publisher.begin()
  }

  /** The type alone says which connection a description belongs to. */
  describe (description: DescriptionLike): void {
    if (description.type === 'answer') this.publisher.answer(description)
    else this.subscriber.offer(description)
  }

  candidate (candidate: CandidateLike): void {
    this.#candidates.route(candidate)
  }

  /** The network may be another. */
  networkChanged (isSure: boolean): void {
    if (isSure || this.publisher.watch.isTroubled) this.publisher.restartIce()
  }

  /** Signalling works again. */
  look (): void {
    this.publisher.watch.look()
    this.subscriber.watch.look()
  }

  /** Idempotent. */
  close (): void {
    this.#abort.abort()
    this.#timer?.cancel()
    this.publisher.close()
    this.subscriber.close()
  }

  #host (): LegHost {
    const { client, clock, settled } = this.#context
    const { signal } = this.#abort
    return {
      clock,
      canMend: () => client.state === 'open',
      // With an id, so that a leg that the server has ended is noticed at once (-6001).
      sendOffer: (offer) => client.call('sdpOffer', { offer }, { timeoutMs: 0, signal }),
      sendAnswer: this.#unlessClosed((offer) => client.notify('sdpOffer', { offer })),
      sendCandidate: this.#unlessClosed((candidate) => {
        try {
          client.notify('iceCandidate', { candidate })
        } catch {} // too much waits to be sent already: there are other ways than this one
      }),
      described: () => {
        this.#candidates.flush()
        if (this.#loss !== undefined) this.#lose(this.#loss)
      },
      settled,
      lost: (error) => this.#lose(error)
    }
  }

  /** With nobody there, and our own media well, there is nothing to lose: engines may let an empty connection go. */
  #silent (): void {
    const { publisher, subscriber } = this
    const isWell = publisher.connection.connectionState === 'connected' && !subscriber.hasLines
    if (!isWell && !publisher.isWaiting) this.#lose(new Error('what the others send does not come through'))
  }

  /** While an answer is due no other connection may be made: descriptions do not say what they belong to. */
  #lose (error: unknown): void {
    if (this.publisher.isWaiting) this.#loss = error
    else if (!this.#abort.signal.aborted) this.#context.lost(error)
  }

  /** What was under way when the leg was closed must not reach the next one. */
  #unlessClosed<Value> (act: (value: Value) => void): (value: Value) => void {
    return (value) => { if (!this.#abort.signal.aborted) act(value) }
  }

  /** As long as the server says, and a little more: not all clients at the same moment. */
  async #pause (error: unknown): Promise<void> {
    const { clock, random, waiting } = this.#context
    const { retryAfterMs } = error as ClientError
    const retryInMs = Math.max(MIN_RETRY_MS, retryAfterMs ?? DEFAULT_RETRY_MS) * (1 + random() / 4)
    waiting(retryInMs, error)
    await new Promise<void>((resolve) => { this.#timer = clock.after(retryInMs, resolve) })
  }
}

/** The server has no room at the moment, or the question got lost. */
function isTemporary (error: unknown): boolean {
  if (!(error instanceof ClientError)) return false
  return error.reason === 'timeout' || error.reason === 'lost' || (error.reason === 'refused' && (error.code === -7001 || error.code === -8001))
}
