import type { Clock, Timer } from '../util/clock.ts'

interface Pending {
  readonly dueAt: number
  readonly task: () => void
}

/**
 * A clock that stands still until it is told to move.
 *
 * Timers fire in the order of their due times, those of one instant in the order of their making, and
 * `now()` shows a timer its own due time. A timer that is made while time moves fires in the same
 * `advance` if it falls due within it.
 *
 * @example
 * const clock = new FakeClock()
 * clock.after(1_000, () => console.log(clock.now()))
 * clock.advance(1_000)
 */
export class FakeClock implements Clock {
  #now: number
  readonly #pending = new Set<Pending>()

  /** @param startAt milliseconds since the Unix epoch; the default is 2025-01-01T00:00:00Z */
  constructor (startAt = 1_735_689_600_000) {
    this.#now = startAt
  }

  /** Timers that have neither fired nor been cancelled: a leak shows here. */
  get pending (): number {
    return this.#pending.size
  }

  now (): number {
    return this.#now
  }

  after (delayMs: number, task: () => void): Timer {
    const entry: Pending = { dueAt: this.#now + Math.max(0, delayMs), task }
    this.#pending.add(entry)
    return { cancel: () => { this.#pending.delete(entry) } }
  }

  /** Move time by `ms` milliseconds and run what falls due on the way. A throwing task stops the move. */
  advance (ms: number): void {
    const until = this.#now + ms
    for (let next = this.#nextDue(until); next !== undefined; next = this.#nextDue(until)) {
      this.#pending.delete(next)
      this.#now = next.dueAt
      next.task()
    }
    this.#now = until
  }

  /** As {@link advance}, but lets pending promises settle before and after every timer: for code that awaits between timers. */
  async advanceAsync (ms: number): Promise<void> {
    const until = this.#now + ms
    await settle()
    for (let next = this.#nextDue(until); next !== undefined; next = this.#nextDue(until)) {
      this.#pending.delete(next)
      this.#now = next.dueAt
      next.task()
      await settle()
    }
    this.#now = until
  }

  #nextDue (until: number): Pending | undefined {
    let first: Pending | undefined
    for (const entry of this.#pending) {
      if (entry.dueAt <= until && (first === undefined || entry.dueAt < first.dueAt)) first = entry
    }
    return first
  }
}

/** One turn of the event loop: every microtask that is ready has run after it. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
