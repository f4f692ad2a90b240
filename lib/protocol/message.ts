/** JSON-RPC 2.0 messages as MSE 1.0 uses them. Source: https://www.jsonrpc.org/specification */

/** A string of 1..128 characters or a safe integer; `1` and `"1"` are different ids. */
export type MessageId = string | number

/** What a peer asks (with an id) or tells (a notification: `id` null here, null or absent on the wire). */
export interface CallMessage {
  readonly kind: 'call'
  readonly method: string
  readonly id: MessageId | null
  /** As it came: not checked against the method's schema yet, so it may be of any JSON type; undefined when absent. */
  readonly params: unknown
}

/** An answer that a peer sent. The server asks nothing, so it drops and counts these; a client matches them by id. */
export interface ResponseMessage {
  readonly kind: 'response'
  readonly id: MessageId | null
  readonly result?: unknown
  readonly error?: unknown
}

/** A text, or a member of a batch, that is no message. */
export interface Fault {
  readonly kind: 'fault'
  readonly error: 'parse' | 'invalidMessage'
  /** The id to answer with: the message's own where it has a good one, otherwise null. */
  readonly id: MessageId | null
}

/** One message, or what stands in its place. */
export type Message = CallMessage | ResponseMessage | Fault

/** Several messages in one text; they run in order. */
export interface Batch {
  readonly kind: 'batch'
  readonly members: readonly Message[]
}

/** The `error` member of an answer. */
export interface ErrorObject {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}
