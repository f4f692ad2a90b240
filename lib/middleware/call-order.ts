import type { GuardFactory } from '../core/call.ts'
import { MseError } from '../protocol/errors.ts'

/** -6001 with the first method that should have succeeded before. */
export const callOrder: GuardFactory = ({ after }) => {
  if (after.length === 0) return null
  return ({ session }) => {
    const { succeeded } = session.record
    for (const required of after) {
      if (!succeeded.includes(required)) throw new MseError('callOrder', { required })
    }
  }
}
