/** JSON-RPC 2.0 messages as MSE 1.0 uses them. Source: https://www.jsonrpc.org/specification */

/** A string of 1..128 characters or a safe integer; `1` and `"1"` are different ids. */
export type MessageId = string | number

/** Named parameters; MSE has no positional ones. */
export type Params = Readonly<Record<string, unknown>>

/** What a peer asks or tells. `id: null` (or none on the wire) makes it a notification. */
export interface Call {
  readonly method: string
  readonly id: MessageId | null
  /** Not checked against the method's schema yet: may be of any JSON type. */
  readonly params: unknown
}

/** An answer that a peer sent. */
export interface Response {
  readonly id: MessageId | null
  readonly result?: unknown
  readonly error?: ErrorObject
}

/** The `error` member of an answer. */
export interface ErrorObject {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}
