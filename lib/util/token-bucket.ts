import type { Clock } from './clock.ts'

/** A token bucket: so many at once, so many per second for long. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  readonly #clock: Clock
  #tokens: number
  #filledAt: number

  constructor (perSecond: number, burst: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#clock = clock
    this.#tokens = burst
    this.#filledAt = clock.now()
  }

  /** Takes one token. @returns 0 when there was one, otherwise the milliseconds until the next */
  take (): number {
    const retryAfterMs = this.look()
    if (retryAfterMs === 0) this.#tokens--
    return retryAfterMs
  }

  /** As {@link take}, without taking. */
  look (): number {
    this.#fill()
    return this.#tokens < 1 ? Math.ceil((1 - this.#tokens) * 1000 / this.#perSecond) : 0
  }

  #fill (): void {
    const now = this.#clock.now()
    // A clock that was set back must not take tokens away.
    const elapsedMs = Math.max(0, now - this.#filledAt)
    this.#filledAt = now
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsedMs * this.#perSecond / 1000)
  }
}
