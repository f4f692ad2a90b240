import type { Clock } from './clock.ts'

/**
 * Waits for `work`, but not longer than so many milliseconds: then it rejects with what `overdue` makes, and what becomes of the work
 * later is nobody's business.
 */
export function settleWithin<T> (clock: Clock, timeoutMs: number, work: Promise<T>, overdue: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => reject(overdue()))
    work.then(resolve, reject).finally(() => timer.cancel())
  })
}
