import { closeReason } from '../protocol/close-codes.ts'
import type { Session } from '../session/session.ts'
import type { Clock, Timer } from '../util/clock.ts'
import type { Limits } from './limits.ts'

/** The one timer that each session has: for its `auth`, then for its token's end. */
export class Deadlines {
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #timers = new Map<Session, Timer>()

  constructor (clock: Clock, limits: Limits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Sessions that have a deadline. */
  get size (): number { return this.#timers.size }

  /** A link that must authenticate in time. */
  awaitAuth (session: Session): void {
    this.#set(session, this.#limits.authTimeoutMs, () => session.end(closeReason('notAuthenticated')))
  }

  /** A token that ends: a warning, the end, the grace, and then the session's end. Null: it never ends. */
  awaitExpiry (session: Session, expiresAt: number | null): void {
    this.cancel(session)
    if (expiresAt === null) return
    const leftMs = expiresAt - this.#clock.now()
    this.#set(session, leftMs - this.#limits.expiryWarningMs, () => {
      session.control('authExpiring', { inMs: Math.max(0, expiresAt - this.#clock.now()) })
      this.#set(session, expiresAt - this.#clock.now(), () => this.#expire(session))
    })
  }

  cancel (session: Session): void {
    this.#timers.get(session)?.cancel()
    this.#timers.delete(session)
  }

  #expire (session: Session): void {
    session.record.expired = true
    this.#set(session, this.#limits.tokenGraceMs, () => session.end(closeReason('tokenExpired')))
  }

  #set (session: Session, delayMs: number, task: () => void): void {
    this.cancel(session)
    this.#timers.set(session, this.#clock.after(delayMs, task))
  }
}
