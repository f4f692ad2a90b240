import { closeReason } from '../protocol/close-codes.ts'
import type { Session } from '../session/session.ts'
import type { Clock } from '../util/clock.ts'

/** So many clients may come back to the successor per second. */
const RETURNS_PER_SECOND = 200
const MIN_SPREAD_MS = 1_000
const MAX_SPREAD_MS = 60_000

/**
 * Ends sessions in turn, so that their clients do not all come back at once: each is told at once when its turn is. Those that
 * carry media come last. A session whose calls are under way at its turn ends with the last of their answers. Resolves when all are
 * over, after `limitMs` at the latest.
 */
export async function drain (sessions: Iterable<Session>, clock: Clock, limitMs: number): Promise<void> {
  const queue = [...sessions].sort((a, b) => Number(hasMedia(a)) - Number(hasMedia(b)))
  const spreadMs = Math.min(spreadOf(queue.length), limitMs)
  const over = Promise.all(queue.map((session, place) => endInTurn(session, clock, Math.floor(place * spreadMs / queue.length))))
  const endAll = (): void => { for (const session of queue) session.end(closeReason('drain')) }
  if (limitMs === 0) return endAll()
  const limit = clock.after(limitMs, endAll)
  await over
  limit.cancel()
}

function spreadOf (count: number): number {
  return Math.min(Math.max(count * 1000 / RETURNS_PER_SECOND, MIN_SPREAD_MS), MAX_SPREAD_MS)
}

function endInTurn (session: Session, clock: Clock, afterMs: number): Promise<void> {
  session.control('drain', { afterMs })
  return new Promise((resolve) => {
    const retire = (): void => session.retire(closeReason('drain'))
    const timer = afterMs === 0 ? null : clock.after(afterMs, retire)
    session.signal.addEventListener('abort', () => {
      timer?.cancel()
      resolve()
    }, { once: true })
    if (afterMs === 0) retire()
  })
}

function hasMedia ({ record }: Session): boolean {
  return record.succeeded.includes('start')
}
