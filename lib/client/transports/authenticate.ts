import type { ErrorObject } from '../../protocol/message.ts'

/** The MSE error of a refused token. */
const AUTHORIZATION_FAILED = -4001
/** The one version of the protocol that this client speaks. */
const VERSION = '1.0'

/** The text of an `auth` that opens a session: it has no number, and an id that no call has. */
export function authText (token: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: '$auth', method: 'auth', params: { token, version: VERSION } })
}

/** Was the token refused, so that another one may help? */
export function isTokenRefused (error: ErrorObject | undefined): boolean {
  return error?.code === AUTHORIZATION_FAILED
}

/** An answer as far as it matters here. */
export interface Answer {
  readonly id?: unknown
  readonly method?: unknown
  readonly result?: unknown
  readonly params?: unknown
  readonly error?: ErrorObject
}
