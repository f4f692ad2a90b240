import { closeReason } from '../protocol/close-codes.ts'
import type { Session } from '../session/session.ts'
import type { Clock } from '../util/clock.ts'

/** So many clients may come back to the successor per second. */
const RETURNS_PER_SECOND = 200
const MIN_SPREAD_MS = 1_000
const MAX_SPREAD_MS = 60_000

/**
 * Ends sessions in turn, so that their clients do not all come back at once: each is told at once when its turn is. Those that
 * carry media come last. Resolves when all are over.
 */
export async function drain (sessions: Iterable<Session>, clock: Clock, drainTimeoutMs: number): Promise<void> {
  const queue = [...sessions].sort((a, b) => Number(hasMedia(a)) - Number(hasMedia(b)))
  const spreadMs = Math.min(spreadOf(queue.length), drainTimeoutMs)
  await Promise.all(queue.map((session, place) => endAfter(session, clock, Math.floor(place * spreadMs / queue.length))))
}

function spreadOf (count: number): number {
  return Math.min(Math.max(count * 1000 / RETURNS_PER_SECOND, MIN_SPREAD_MS), MAX_SPREAD_MS)
}

function endAfter (session: Session, clock: Clock, afterMs: number): void | Promise<void> {
  session.control('drain', { afterMs })
  const end = (): void => session.end(closeReason('drain'))
  if (afterMs === 0) return end()
  return new Promise((resolve) => {
    clock.after(afterMs, () => {
      end()
      resolve()
    })
  })
}

function hasMedia ({ record }: Session): boolean {
  return record.succeeded.includes('start')
}
