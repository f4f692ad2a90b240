import type { Clock, Timer } from '../util/clock.ts'

export interface WatchdogOptions {
  readonly clock: Clock
  /** A link may be silent for so long before it is asked. */
  readonly silenceMs: number
  /** It has so long to answer. */
  readonly aliveTimeoutMs: number
  readonly ask: () => void
  readonly dead: () => void
}

/** Finds out that a link is dead although nothing says so: a half-open connection, a laptop that slept. Asks first, as timers of sleeping pages are late. */
export class Watchdog {
  readonly #options: WatchdogOptions
  #timer: Timer | null = null
  #isAsking = false

  constructor (options: WatchdogOptions) {
    this.#options = options
    this.heard()
  }

  /** A sign of life. */
  heard (): void {
    this.#isAsking = false
    this.#wait(this.#options.silenceMs, () => this.check(this.#options.aliveTimeoutMs))
  }

  /** Asks now. @param aliveTimeoutMs how long it has to answer */
  check (aliveTimeoutMs: number): void {
    if (this.#isAsking) return
    this.#isAsking = true
    this.#wait(aliveTimeoutMs, this.#options.dead)
    this.#options.ask()
  }

  stop (): void {
    this.#timer?.cancel()
  }

  #wait (ms: number, then: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(ms, then)
  }
}
