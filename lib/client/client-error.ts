import type { ErrorObject } from '../protocol/message.ts'

/** What went wrong, for programs. */
export type ClientErrorReason =
  /** The server answered with an error; `code` and `data` are its own. */
  | 'refused'
  /** No answer in time. The call may have run. */
  | 'timeout'
  /** The caller's signal. The call may have run if it had been sent. */
  | 'aborted'
  /** The session could not be kept. What had been sent may have run. */
  | 'lost'
  /** The client is closed. */
  | 'closed'
  /** Longer than the server takes. It was not sent. */
  | 'tooBig'
  /** Too much waits to be sent already. It was not sent. */
  | 'full'
  /** A link could not be made, or broke; `code` is the close code or the HTTP status, 0 when there is none. */
  | 'link'
  /** `getToken` threw; `cause` is what it threw. */
  | 'token'

/** Every error of the client. */
export class ClientError extends Error {
  /** Always `ClientError`. */
  override readonly name = 'ClientError'
  /** What went wrong. */
  readonly reason: ClientErrorReason
  /** An MSE error code (negative), a close code (from 1000) or an HTTP status (below 1000); 0 where there is none. */
  readonly code: number
  /** The `data` of an MSE error. */
  readonly data: unknown
  /** After how long the server wants to be asked again, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor (reason: ClientErrorReason, message: string, { code = 0, data, retryAfterMs, cause }: ClientErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.code = code
    this.data = data
    this.retryAfterMs = retryAfterMs
  }
}

/** What an error says beside its reason. */
interface ClientErrorDetails {
  readonly code?: number
  readonly data?: unknown
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** The error of an answer. */
export function refusedBy ({ code, message, data }: ErrorObject): ClientError {
  const { retryAfterMs } = (data ?? {}) as { retryAfterMs?: unknown }
  return new ClientError('refused', message, { code, data, retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined })
}
