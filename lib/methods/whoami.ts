import type { Handler } from '../core/call.ts'
import { MseError } from '../protocol/errors.ts'
import type { Whoami } from '../protocol/mse.ts'

/** The identity as the server sees it. */
export const whoami: Handler<typeof Whoami> = (_params, { session }) => {
  const { identity } = session
  if (identity === null) throw new MseError('unauthorized')
  const { domain, agent, role, userId, roomId, issuedAt, notBefore, expiresAt } = identity
  return {
    domain,
    agent,
    role,
    userId,
    roomId,
    ipAddress: session.address,
    tokenIssued: isoDate(issuedAt),
    validFrom: isoDate(notBefore),
    validTo: isoDate(expiresAt)
  }
}

function isoDate (timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString()
}
