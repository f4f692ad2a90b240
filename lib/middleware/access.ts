import type { GuardFactory } from '../core/call.ts'
import { MseError } from '../protocol/errors.ts'

/** -5001 for a call that the session may not make: not authenticated, token expired, or the wrong role. */
export const access: GuardFactory = ({ access, roles, grace }) => {
  if (access === 'public' && roles.length === 0) return grace ? null : refuseExpired
  const allowed = roles.length === 0 ? null : new Set(roles)
  return ({ session }) => {
    const { identity, expired } = session.record
    if (identity === null || (expired && !grace)) throw new MseError('unauthorized')
    if (allowed !== null && !allowed.has(identity.role)) throw new MseError('unauthorized')
  }
}

/** In the grace after the token's end only what keeps the session alive or ends it still works. */
function refuseExpired ({ session }: Parameters<NonNullable<ReturnType<GuardFactory>>>[0]): void {
  if (session.record.expired) throw new MseError('unauthorized')
}
