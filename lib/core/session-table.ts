import type { Session } from '../session/session.ts'

/** So many sessions are remembered after their end, to tell "it is over" from "there never was one". */
const MAX_REMEMBERED = 4_096

/** The sessions that have authenticated, by their id and by their user. */
export class SessionTable {
  readonly #byId = new Map<string, Session>()
  readonly #countByUser = new Map<string, number>()
  /** Oldest first. */
  readonly #ended = new Set<string>()

  get all (): ReadonlyMap<string, Session> { return this.#byId }

  get (id: string): Session | undefined { return this.#byId.get(id) }

  /** How many sessions a user has now. */
  countOf (userId: string): number { return this.#countByUser.get(userId) ?? 0 }

  /** Was there a session of that id, not long ago? */
  hasEnded (id: string): boolean { return this.#ended.has(id) }

  add (session: Session, userId: string): void {
    this.#byId.set(session.id, session)
    this.#countByUser.set(userId, this.countOf(userId) + 1)
  }

  delete (session: Session, userId: string): void {
    this.#byId.delete(session.id)
    const count = this.countOf(userId) - 1
    if (count > 0) this.#countByUser.set(userId, count)
    else this.#countByUser.delete(userId)
    this.#remember(session.id)
  }

  #remember (id: string): void {
    this.#ended.add(id)
    const [oldest] = this.#ended
    if (this.#ended.size > MAX_REMEMBERED && oldest !== undefined) this.#ended.delete(oldest)
  }
}
