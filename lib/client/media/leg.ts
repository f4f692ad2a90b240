import type { Clock, Timer } from '../../util/clock.ts'
import type { SignallingClient } from '../api.ts'
import type { ClientError } from '../client-error.ts'
import { CandidateRouter } from './candidates.ts'
import type { CandidateLike, DescriptionLike, PeerConnectionLike } from './dom.ts'
import type { Line } from './line-reader.ts'
import { Publisher } from './publisher.ts'
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
  receive (lines: readonly Line[]): void
  waiting (retryInMs: number, error: unknown): void
  /** The server has taken all that is to be sent. */
  settled (): void
  /** Only another leg can help. */
  lost (error: unknown): void
}

/** What both connections ask of their leg. */
export interface LegHost {
  readonly clock: Clock
  /** Without signalling nothing can be done. */
  readonly canMend: boolean
  /** Resolves when the server has it, however long that takes; rejects when the server does not want it. */
  sendOffer (offer: DescriptionLike): Promise<unknown>
  sendAnswer (answer: DescriptionLike): void
  sendCandidate (candidate: CandidateLike): void
  /** A remote description has been set. */
  described (): void
  settled (): void
  receive (lines: readonly Line[]): void
  /** What the others send has not come through for long. */
  silent (): void
  lost (error: unknown): void
}

/** One stay with the media engine: two connections that live and die together. */
export class Leg implements LegHost {
  readonly clock: Clock
  readonly publisher: Publisher
  readonly subscriber: Subscriber
  readonly #context: LegContext
  readonly #candidates: CandidateRouter
  readonly #abort = new AbortController()
  #timer: Timer | null = null

  constructor (context: LegContext) {
    this.#context = context
    this.clock = context.clock
    const [publish, subscribe] = [context.connect(), context.connect()]
    this.publisher = new Publisher(publish, this)
    this.subscriber = new Subscriber(subscribe, this)
    this.#candidates = new CandidateRouter([publish, subscribe])
  }

  get canMend (): boolean { return this.#context.client.state === 'open' }

  /** Resolves when the engine has taken us. @throws ClientError when it never will */
  async start (): Promise<void> {
    const { signal } = this.#abort
    for (;;) {
      try {
        await this.#context.client.call('start', {}, { signal })
        if (!signal.aborted) this.publisher.begin()
        return
      } catch (error) {
        if (signal.aborted || !isTemporary(error as ClientError)) throw error
        await this.#pause(error as ClientError)
      }
    }
  }

  /** The type alone says which connection a description belongs to. */
  describe (description: DescriptionLike): void {
    if (description.type === 'answer') this.publisher.answer(description)
    else this.subscriber.offer(description)
  }

  candidate (candidate: CandidateLike): void {
    this.#candidates.route(candidate)
  }

  /** Signalling works again. */
  look (): void {
    this.publisher.look()
    this.subscriber.look()
  }

  /** Idempotent. */
  close (): void {
    this.#abort.abort()
    this.#timer?.cancel()
    this.publisher.close()
    this.subscriber.close()
  }

  sendOffer (offer: DescriptionLike): Promise<unknown> {
    // With an id, so that a leg that the server has ended is noticed at once (-6001).
    return this.#context.client.call('sdpOffer', { offer }, { timeoutMs: 0, signal: this.#abort.signal })
  }

  sendAnswer (offer: DescriptionLike): void {
    this.#context.client.notify('sdpOffer', { offer })
  }

  sendCandidate (candidate: CandidateLike): void {
    try {
      this.#context.client.notify('iceCandidate', { candidate })
    } catch {} // too much waits to be sent already: there are other ways than this one
  }

  described (): void {
    this.#candidates.flush()
  }

  settled (): void {
    this.#context.settled()
  }

  receive (lines: readonly Line[]): void {
    this.#context.receive(lines)
  }

  /** With nobody there, and our own media well, there is nothing to lose: engines may let an empty connection go. */
  silent (): void {
    const isWell = this.publisher.connection.connectionState === 'connected' && !this.subscriber.hasLines
    if (!isWell) this.lost(new Error('nothing arrives'))
  }

  /**
   * While an answer is due no other connection may be made: descriptions do not say what they belong to. Whoever lost something then says so again:
   * the server sends its offer a second time, a connection stays silent.
   */
  lost (error: unknown): void {
    if (!this.publisher.isWaiting && !this.#abort.signal.aborted) this.#context.lost(error)
  }

  /** As long as the server says, and a little more: not all clients at the same moment. */
  async #pause (error: ClientError): Promise<void> {
    const { random, waiting } = this.#context
    const retryInMs = Math.max(MIN_RETRY_MS, error.retryAfterMs ?? DEFAULT_RETRY_MS) * (1 + random() / 4)
    waiting(retryInMs, error)
    await new Promise<void>((resolve) => { this.#timer = this.clock.after(retryInMs, resolve) })
  }
}

/** Does the user's other session have the media (MSE-START-4)? They stay there until somebody asks for them here. */
export function isSuperseded (error: unknown): boolean {
  return (error as { data?: { reason?: unknown } } | undefined)?.data?.reason === 'superseded'
}

/** The server has no room at the moment, or the question got lost. */
function isTemporary (error: ClientError): boolean {
  return !isSuperseded(error) && (error.code === -7001 || error.code === -8001 || error.reason === 'timeout' || error.reason === 'lost')
}
