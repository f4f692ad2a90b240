import type { Clock, Timer } from '../util/clock.ts'
import type { Ids } from '../util/ids.ts'

/** Single-use keys for streams of clients that cannot set headers: no session id and no token ever goes into a URL. */
export class Tickets {
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #lifeMs: number
  readonly #sessions = new Map<string, { readonly session: string, readonly until: number }>()
  #sweep: Timer | null = null

  constructor (clock: Clock, ids: Ids, lifeMs: number) {
    this.#clock = clock
    this.#ids = ids
    this.#lifeMs = lifeMs
  }

  /** Tickets that are kept. */
  get size (): number { return this.#sessions.size }

  issue (session: string): { ticket: string, expiresInMs: number } {
    const ticket = this.#ids.session()
    this.#sessions.set(ticket, { session, until: this.#clock.now() + this.#lifeMs })
    this.#sweepLater()
    return { ticket, expiresInMs: this.#lifeMs }
  }

  /** @returns the id of the ticket's session; undefined for a ticket that is unknown, used or too old */
  redeem (ticket: string): string | undefined {
    const issued = this.#sessions.get(ticket)
    this.#sessions.delete(ticket)
    if (this.#sessions.size === 0) this.#stopSweeping()
    return issued !== undefined && issued.until > this.#clock.now() ? issued.session : undefined
  }

  /** What nobody redeems must not stay until somebody asks for the next. */
  #sweepLater (): void {
    this.#sweep ??= this.#clock.after(this.#lifeMs, () => {
      this.#sweep = null
      this.#forgetOld()
      if (this.#sessions.size > 0) this.#sweepLater()
    })
  }

  #stopSweeping (): void {
    this.#sweep?.cancel()
    this.#sweep = null
  }

  /** The oldest come first in a Map. */
  #forgetOld (): void {
    const now = this.#clock.now()
    for (const [ticket, { until }] of this.#sessions) {
      if (until > now) return
      this.#sessions.delete(ticket)
    }
  }
}
