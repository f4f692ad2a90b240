import type { ErrorObject } from './message.ts'

/** Every error of MSE 1.0 by its name. The messages of the seed are kept word for word. */
export const MSE_ERRORS = {
  parse: { code: -32700, message: 'Parse error' },
  invalidMessage: { code: -1001, message: 'Invalid json rpc 2.0 object' },
  methodNotFound: { code: -32601, message: 'Method not found' },
  invalidParams: { code: -32602, message: 'Invalid params' },
  authorizationFailed: { code: -4001, message: 'Authorization Failed' },
  unauthorized: { code: -5001, message: 'Unauthorized Access' },
  callOrder: { code: -6001, message: 'Invalid Call Order' },
  unavailable: { code: -7001, message: 'Service Unavailable' },
  tooMany: { code: -8001, message: 'Too Many Requests' },
  internal: { code: -32603, message: 'Internal error' }
} as const satisfies Record<string, ErrorObject>

/** The name of an MSE error. */
export type MseErrorName = keyof typeof MSE_ERRORS

/**
 * An error that crosses the wire as it is. Throw it from a handler to answer with its code;
 * anything else that is thrown becomes -32603 and its text stays in the log.
 *
 * @example throw new MseError('unavailable', { retryAfterMs: 2_000 })
 */
export class MseError extends Error implements ErrorObject {
  override readonly name = 'MseError'
  readonly code: number
  readonly data?: unknown

  /**
   * @param kind which of {@link MSE_ERRORS}
   * @param data the error's `data` member; it must survive JSON
   */
  constructor (kind: MseErrorName, data?: unknown) {
    super(MSE_ERRORS[kind].message)
    this.code = MSE_ERRORS[kind].code
    if (data !== undefined) this.data = data
  }
}

/** The engine cannot take a session now: -7001 with the time after which to try again, in milliseconds. */
export function unavailable (retryAfterMs: number): MseError {
  return new MseError('unavailable', { retryAfterMs })
}

/** Too fast or too much at once: -8001 with the time after which to try again, in milliseconds. */
export function tooMany (retryAfterMs: number): MseError {
  return new MseError('tooMany', { retryAfterMs })
}
