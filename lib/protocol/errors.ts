import type { ErrorObject } from './message.ts'

/** An error that the protocol knows, with its own code and words. */
export interface KnownError<Code extends number = number, Text extends string = string> {
  /** What programs look at. */
  readonly code: Code
  /** What people read; the same each time. */
  readonly message: Text
}

const known = <const Code extends number, const Text extends string>(code: Code, message: Text): KnownError<Code, Text> => ({ code, message })

/** Every error of MSE 1.0 by its name. The messages of the seed are kept word for word. */
export const MSE_ERRORS = {
  /** -32700: the text is not JSON, nests too deeply, reaches for prototypes, or is not UTF-8. The id is null. */
  parse: /* @__PURE__ */ known(-32700, 'Parse error'),
  /** -1001: JSON, but neither a call nor an answer, or a batch that is empty or too long. The id is null where it could not be read. */
  invalidMessage: /* @__PURE__ */ known(-1001, 'Invalid json rpc 2.0 object'),
  /** -32601: no such method here; the same for one that is there in development only. */
  methodNotFound: /* @__PURE__ */ known(-32601, 'Method not found'),
  /** -32602 with `{ path, reason }`: the first fault of the params, as a JSON pointer, and what was expected there; never the value. */
  invalidParams: /* @__PURE__ */ known(-32602, 'Invalid params'),
  /** -4001: `auth` was refused, the same for every cause. */
  authorizationFailed: /* @__PURE__ */ known(-4001, 'Authorization Failed'),
  /** -5001: the method needs an authenticated session whose token is still good, or a role that this one lacks. */
  unauthorized: /* @__PURE__ */ known(-5001, 'Unauthorized Access'),
  /** -6001 with `{ required }`: the one method to call first. */
  callOrder: /* @__PURE__ */ known(-6001, 'Invalid Call Order'),
  /** -7001 with `{ retryAfterMs }`: the media engine cannot take this session now. */
  unavailable: /* @__PURE__ */ known(-7001, 'Service Unavailable'),
  /** -8001 with `{ retryAfterMs }`: above a limit, of messages, calls in flight or sessions. */
  tooMany: /* @__PURE__ */ known(-8001, 'Too Many Requests'),
  /** -32603 with `{ errorId }`: a fault of the server; the id stands in its log beside the cause. */
  internal: /* @__PURE__ */ known(-32603, 'Internal error')
} as const satisfies Record<string, ErrorObject>

/** The name of an MSE error. */
export type MseErrorName = keyof typeof MSE_ERRORS

/** The code of an MSE error. */
export type MseErrorCode<Name extends MseErrorName> = typeof MSE_ERRORS[Name]['code']

/**
 * An error that crosses the wire as it is. Throw it from a handler to answer with its code;
 * anything else that is thrown becomes -32603 and its text stays in the log.
 *
 * @example throw new MseError('unavailable', { retryAfterMs: 2_000 })
 */
export class MseError extends Error implements ErrorObject {
  /** Always `MseError`. */
  override readonly name = 'MseError'
  /** As in {@link MSE_ERRORS}. */
  readonly code: number
  /** The `data` of the answer; absent when there is none. */
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
