import type { Timer } from '../util/clock.ts'
import { Attempt, type AttemptHost, type AttemptListener } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import type { ClientError } from './client-error.ts'
import type { ResetEvent, StateEvent, TransportName } from './options.ts'
import type { Settings } from './settings.ts'
import type { Choice } from './transport-choice.ts'
import type { Connectors } from './transports/carrier.ts'

/** What the keeper needs of the client, and tells it. */
export interface KeeperHost extends AttemptHost {
  changed (event: StateEvent): void
  /** The session is lost; a new conversation begins. */
  lost (reason: ResetEvent['reason']): void
  /** Nothing more can be hoped for. */
  gaveUp (error: ClientError): void
}

/** After the network is back: soon, but not all at the same moment. */
const HURRY_MS = 250
const HURRY_CHECK_MS = 2_000
/** How long the server has to take the last words. */
const LEAVE_MS = 2_000
/** Close codes and errors after which coming back is of no use. */
const FIRST_FINAL_CODE = 4_500
const SUPERSEDED = 4_509
/** What a broken connection held back may reach the server so much later, and look like a newer link. */
const STRAY_MS = 60_000
const SESSION_ENDED = 1_000
const FINAL_ERRORS: readonly number[] = [-4001, -32602, -32601]

/** Sees to it that there is a link, moves to a better one, and decides when to try again. */
export class LinkKeeper {
  readonly #options: Settings
  readonly #host: KeeperHost
  readonly #connectors: Connectors
  readonly #listener: AttemptListener
  readonly #choice: Choice
  #current: Attempt | null = null
  /** What is being made: the next link, or a better one than there is. */
  #candidate: Attempt | null = null
  #failures = 0
  #hasOpened = false
  /** When a connection was let go of last, or broke, while something may have been on its way. */
  #brokeAt = -Infinity
  #retry: Timer | null = null
  #upgrade: Timer | null = null
  #isStopped = false
  /** Set while the last words are on their way. */
  #left: (() => void) | null = null

  constructor (choice: Choice, connectors: Connectors, host: KeeperHost) {
    this.#options = host.settings
    this.#host = host
    this.#connectors = connectors
    this.#choice = choice
    this.#listener = {
      isMoving: () => this.#candidate?.isAsking === true,
      opened: (attempt) => this.#opened(attempt),
      reset: (attempt, reason) => this.#reset(attempt, reason),
      failed: (attempt, error, answered) => this.#failed(attempt, error, answered)
    }
  }

  get transport (): TransportName | null { return this.#current?.name ?? null }

  start (): void {
    this.#try(this.#choice.next)
  }

  pump (): void {
    this.#current?.pump()
  }

  /** The network is back: what was made before leads nowhere, perhaps. */
  online (): void {
    this.#failures = 0
    if (this.#current !== null) return this.#try(this.#current.name)
    this.#candidate?.drop()
    this.#candidate = null
    this.#hurry()
  }

  /** The page is looked at again, or the machine has slept. */
  awake (): void {
    if (this.#current !== null) this.#current.check(HURRY_CHECK_MS)
    else if (this.#candidate === null) this.#hurry()
  }

  /** The page goes away. */
  leaveNow (): void {
    this.#current?.leave()
  }

  /** Resolves when the server has closed the link, as the last message asks it to, or does not answer. */
  async stop (): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#retry?.cancel()
    this.#upgrade?.cancel()
    this.#candidate?.drop()
    if (this.#current !== null) await this.#farewell(this.#current)
  }

  #farewell (current: Attempt): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(LEAVE_MS, () => this.#left?.())
      this.#left = () => {
        timer.cancel()
        current.drop()
        resolve()
      }
      current.pump()
    })
  }

  #try (name: TransportName): void {
    if (this.#isStopped || this.#candidate !== null) return
    this.#retry?.cancel()
    this.#retry = null
    this.#candidate = new Attempt(name, this.#connectors[name], this.#host, this.#listener)
  }

  #opened (attempt: Attempt): void {
    if (this.#current !== null) {
      // The server has let go of the older one already.
      this.#current.drop()
      this.#brokeAt = this.#options.clock.now()
    }
    this.#current = attempt
    this.#candidate = null
    this.#failures = 0
    this.#hasOpened = true
    this.#choice.won(attempt.name)
    this.#upgradeLater()
    this.#host.changed({ state: 'open', transport: attempt.name })
    attempt.pump()
  }

  #failed (attempt: Attempt, error: ClientError, answered: boolean): void {
    if (attempt === this.#current) this.#current = null
    else this.#candidate = null
    if (!answered) this.#brokeAt = this.#options.clock.now()
    if (this.#isStopped) return this.#left?.()
    if (this.#current !== null) {
      // A better link could not be made; is there still the one that there was?
      this.#current.check(this.#options.aliveTimeoutMs)
      return this.#upgradeLater()
    }
    this.#upgrade?.cancel()
    // Superseded by the better link that is being made.
    if (this.#candidate !== null && error.code === SUPERSEDED) return
    if (isFinal(error) && !this.#isStray(error)) return this.#host.gaveUp(error)
    if (this.#candidate !== null) return this.#waiting(error)
    if (!answered && !attempt.isOpen && this.#choice.lost()) return this.#try(this.#choice.next)
    this.#tryLater(error)
  }

  /** Was this link superseded by one of our own that was given up, not by somebody else? */
  #isStray ({ code }: ClientError): boolean {
    return code === SUPERSEDED && this.#options.clock.now() - this.#brokeAt < STRAY_MS
  }

  #tryLater (error: ClientError): void {
    const retryInMs = backoffMs(this.#options, this.#failures++, error.retryAfterMs)
    this.#waiting(error, retryInMs)
    this.#retry = this.#options.clock.after(retryInMs, () => this.#try(this.#choice.next))
  }

  #waiting (failure?: ClientError, retryInMs?: number): void {
    const state = this.#hasOpened ? 'reconnecting' : 'connecting'
    this.#host.changed({ state, transport: null, ...(failure && { failure }), ...(retryInMs && { retryInMs }) })
  }

  /** Never at once: many clients may get the same news at the same moment. */
  #hurry (): void {
    this.#retry?.cancel()
    this.#retry = this.#options.clock.after(1 + this.#options.random() * HURRY_MS, () => this.#try(this.#choice.next))
  }

  #reset (attempt: Attempt, reason: ResetEvent['reason']): boolean {
    if (this.#isStopped) {
      this.#left?.()
      return false
    }
    if (this.#current === null || attempt === this.#current) {
      this.#current = null
      this.#candidate = attempt
      this.#waiting()
      this.#host.lost(reason)
      return true
    }
    // The better link leads to a server that does not know the session: it stays where it is known.
    attempt.drop()
    this.#candidate = null
    this.#upgradeLater()
    return false
  }

  #upgradeLater (): void {
    this.#upgrade?.cancel()
    const [best] = this.#options.transports
    const { upgradeIntervalMs, random } = this.#options
    if (best === undefined || best === this.transport || upgradeIntervalMs === 0) return
    this.#upgrade = this.#options.clock.after(upgradeIntervalMs * (0.8 + 0.4 * random()), () => this.#try(best))
  }
}

function isFinal ({ reason, code }: ClientError): boolean {
  if (reason === 'link') return code === SESSION_ENDED || code >= FIRST_FINAL_CODE
  return reason === 'refused' && FINAL_ERRORS.includes(code)
}
