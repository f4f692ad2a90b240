import { closeReason } from '../protocol/close-codes.ts'
import type { Session } from '../session/session.ts'

/** What was let go of. */
export interface Shed {
  /** How many were ended. */
  readonly sessions: number
  /** What they held, in bytes. What several of them held together counts for each. */
  readonly bytes: number
}

/**
 * Ends the sessions that hold most for their clients, until so many bytes are let go of: better those who do not read than everybody.
 * @param leastBytes whoever holds less has no part in it
 */
export function shed (open: Iterable<Session>, bytes: number, leastBytes: number): Shed {
  const holders = [...open].filter(({ heldBytes }) => heldBytes >= leastBytes).sort((one, other) => other.heldBytes - one.heldBytes)
  const done = { sessions: 0, bytes: 0 }
  for (const session of holders) {
    if (done.bytes >= bytes) break
    done.bytes += session.heldBytes
    done.sessions++
    // Not why: it is nothing that strangers need to know.
    session.end(closeReason('slowConsumer'))
  }
  return done
}
