import type { GuardFactory } from '../core/call.ts'
import { MseError } from '../protocol/errors.ts'

/** Where a server runs. */
export type Environment = 'development' | 'production'

/** Makes a method of another environment answer exactly as an unknown one does. */
export function environment (current: Environment): GuardFactory {
  return (contract) => {
    if (contract.environment === null || contract.environment === current) return null
    return () => { throw new MseError('methodNotFound') }
  }
}
