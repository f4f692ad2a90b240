import { MseError, unavailable } from '../protocol/errors.ts'
import type { Clock, Timer } from '../util/clock.ts'
import type { Logger } from '../util/logger.ts'
import type { EngineStats, MediaEngine, MediaPeer, PeerContext } from './engine.ts'
import { SupervisedPeer } from './supervised-peer.ts'
import { within } from './within.ts'

/** Times and limits of the supervision. */
export const SUPERVISION = {
  /** The pause before an engine that has failed is opened again; each further one is twice as long. */
  minPauseMs: 500,
  maxPauseMs: 30_000,
  /** When it was up for so long, its next failure counts as the first. */
  stableMs: 60_000,
  /** While it is being opened nobody knows how long that takes. */
  retryOpeningMs: 1_000,
  /** What closing the engine, or one of its peers, may take. */
  closeTimeoutMs: 5_000,
  /** Participants whom it fails without a sensible word in between, after which it is taken for dead. */
  maxFailures: 3
} as const

/** What became of an engine. */
export interface EngineChange {
  /** `down`: it has failed, or could not be opened again; `restarting`: it is being opened; `up`: it is open again. */
  readonly state: 'up' | 'down' | 'restarting'
  /** Why, in words for the operator. */
  readonly reason: string
  /** Milliseconds after which clients are told to try again; 0 when it is up. */
  readonly retryAfterMs: number
}

/** What a supervisor is told beside its engine. */
export interface SupervisionOptions {
  readonly clock: Clock
  readonly log: Logger
  /** Milliseconds that the engine has for a join, and for being opened again. Below the limit of a call, or the call's own answer comes first. */
  readonly answerTimeoutMs: number
  /** Called at every change after the boot. */
  readonly changed: (change: EngineChange) => void
}

/** From one opening of the engine to its failure. */
interface Life {
  readonly peers: Set<SupervisedPeer>
  /** Those whom it has failed since it last said something sensible. */
  readonly failedUsers: Set<string>
  failures: number
  readonly upAt: number
  death: Error | null
}

/**
 * Stands before an engine that may fail in any way, as one that never does more than refuse. When the engine dies its participants are
 * ended, it is closed and opened again after a pause that grows, and meanwhile everybody is refused at once with the time that is left.
 */
export class EngineSupervisor implements MediaEngine {
  readonly name: string
  readonly stats?: () => Promise<EngineStats>
  readonly #engine: MediaEngine
  readonly #options: SupervisionOptions
  #life: Life | null = null
  #pauses = 0
  #retryAt = 0
  #timer: Timer | undefined
  /** The end of the life before; the next one waits for it. */
  #ending: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor (engine: MediaEngine, options: SupervisionOptions) {
    this.name = engine.name
    this.#engine = engine
    this.#options = options
    if (engine.stats !== undefined) this.stats = engine.stats.bind(engine)
  }

  /** Milliseconds until the engine may take anybody again; 0 while it is up. */
  get downForMs (): number {
    if (this.#life !== null) return 0
    const leftMs = this.#retryAt - this.#options.clock.now()
    return leftMs > 0 ? leftMs : SUPERVISION.retryOpeningMs
  }

  /** The first opening has no limit but the boot's own, and its rejection keeps the plugin from booting. */
  async open (): Promise<void> {
    await this.#begin((task) => task())
  }

  async join (host: PeerContext): Promise<MediaPeer> {
    const life = this.#life
    if (life === null) throw unavailable(this.downForMs)
    const peer = this.#peerOf(host, life)
    life.peers.add(peer)
    try {
      return await peer.join()
    } catch (error) {
      life.peers.delete(peer)
      // The first is the engine's own word, such as that it is full; the second comes of an engine that has listened to the signal.
      if (!(error instanceof MseError) && !host.signal.aborted) this.#note(life, host.userId, error)
      throw this.#life === null ? unavailable(this.downForMs) : error
    }
  }

  close (): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #begin (limited: (task: () => Promise<void>) => Promise<void>): Promise<void> {
    const { log, clock } = this.#options
    const life: Life = { peers: new Set(), failedUsers: new Set(), failures: 0, upAt: clock.now(), death: null }
    const failed = (error: unknown): void => this.#fail(life, asError(error))
    await limited(async () => { await this.#engine.open?.({ log, clock, failed }) })
    if (this.#closed !== undefined) throw new Error('it was closed while it opened')
    if (life.death !== null) throw life.death
    this.#life = life
  }

  #peerOf (host: PeerContext, life: Life): SupervisedPeer {
    const { clock, log, answerTimeoutMs } = this.#options
    return new SupervisedPeer(host, {
      engine: this.#engine,
      clock,
      log,
      answerTimeoutMs,
      closeTimeoutMs: SUPERVISION.closeTimeoutMs,
      proved: () => {
        life.failures = 0
        life.failedUsers.clear()
      },
      fault: (error) => {
        log.error({ err: error, engine: this.name }, 'the media engine failed a session')
        this.#note(life, host.userId, error)
      },
      left: (peer) => { life.peers.delete(peer) }
    })
  }

  /** One participant alone, who may do it on purpose, must not end the media of others: it takes several. */
  #note (life: Life, userId: string, error: unknown): void {
    life.failures++
    life.failedUsers.add(userId)
    const failed = life.peers.size > 0 ? life.failedUsers.size : life.failures
    if (failed >= SUPERVISION.maxFailures) this.#fail(life, new Error(`it failed ${failed} times in a row`, { cause: error }))
  }

  #fail (life: Life, error: Error): void {
    life.death ??= error
    if (life !== this.#life) return
    this.#life = null
    if (this.#options.clock.now() - life.upAt >= SUPERVISION.stableMs) this.#pauses = 0
    this.#pause(error)
    for (const peer of [...life.peers]) peer.end(unavailable(this.downForMs))
    this.#ending = this.#end()
  }

  #pause (error: Error): void {
    const { clock, log } = this.#options
    const pauseMs = Math.min(SUPERVISION.minPauseMs * 2 ** this.#pauses++, SUPERVISION.maxPauseMs)
    this.#retryAt = clock.now() + pauseMs
    this.#timer = clock.after(pauseMs, () => {
      this.#restart().catch((fault: unknown) => log.error({ err: fault, engine: this.name }, 'the media engine could not be restarted'))
    })
    log.error({ err: error, engine: this.name, retryAfterMs: pauseMs }, 'the media engine is down')
    this.#options.changed({ state: 'down', reason: error.message, retryAfterMs: pauseMs })
  }

  async #restart (): Promise<void> {
    const { clock, log, changed, answerTimeoutMs } = this.#options
    await this.#ending
    if (this.#closed !== undefined) return
    changed({ state: 'restarting', reason: 'it is being opened again', retryAfterMs: SUPERVISION.retryOpeningMs })
    try {
      await this.#begin((open) => within(clock, answerTimeoutMs, 'open', open))
    } catch (error) {
      this.#ending = this.#end()
      if (this.#closed === undefined) this.#pause(asError(error))
      return
    }
    log.warn({ engine: this.name }, 'the media engine is up again')
    changed({ state: 'up', reason: 'it is open again', retryAfterMs: 0 })
  }

  async #close (): Promise<void> {
    this.#timer?.cancel()
    const life = this.#life
    this.#life = null
    for (const peer of life?.peers ?? []) peer.forget(unavailable(SUPERVISION.retryOpeningMs))
    await this.#ending
    await this.#end()
  }

  /** Closes the engine. Never rejects, and resolves in time. */
  async #end (): Promise<void> {
    const { clock, log } = this.#options
    try {
      await within(clock, SUPERVISION.closeTimeoutMs, 'close', () => this.#engine.close())
    } catch (error) {
      log.error({ err: error, engine: this.name }, 'the media engine failed to close')
    }
  }
}

function asError (error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
