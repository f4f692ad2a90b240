/** JSON-RPC 2.0 messages as MSE 1.0 uses them. Source: https://www.jsonrpc.org/specification */

/** A string of 1..128 characters or a safe integer; `1` and `"1"` are different ids. */
export type MessageId = string | number

/** What a peer asks (with an id) or tells (a notification: `id` null here, null or absent on the wire). */
export interface CallMessage {
  /** Tells it from other messages. */
  readonly kind: 'call'
  /** What is called: any name that is not empty, known or not. */
  readonly method: string
  /** What the answer has to carry; null: none is wanted. */
  readonly id: MessageId | null
  /** As it came: not checked against the method's schema yet, so it may be of any JSON type; undefined when absent. */
  readonly params: unknown
}

/** An answer that a peer sent. The server asks nothing, so it drops and counts these; a client matches them by id. */
export interface ResponseMessage {
  /** Tells it from other messages. */
  readonly kind: 'response'
  /** The id of the call; null when there is none, or one that no call could have had. */
  readonly id: MessageId | null
  /** As it came; undefined when absent. */
  readonly result?: unknown
  /** As it came, so not necessarily an {@link ErrorObject}; undefined when absent. */
  readonly error?: unknown
}

/** A text, or a member of a batch, that is no message. */
export interface Fault {
  /** Tells it from messages. */
  readonly kind: 'fault'
  /** The error to answer with, by its name in `MSE_ERRORS`. */
  readonly error: 'parse' | 'invalidMessage'
  /** The id to answer with: the message's own where it has a good one, otherwise null. */
  readonly id: MessageId | null
}

/** One message, or what stands in its place. */
export type Message = CallMessage | ResponseMessage | Fault

/** Several messages in one text; they run in order. */
export interface Batch {
  /** Tells it from single messages. */
  readonly kind: 'batch'
  /** 1 to 32, in the order of the text. */
  readonly members: readonly Message[]
}

/** The `error` member of an answer. */
export interface ErrorObject {
  /** What programs look at; the codes of MSE are in `MSE_ERRORS`. */
  readonly code: number
  /** What people read, in one line. */
  readonly message: string
  /** What this one occurrence has to say; any JSON value, absent when there is none. */
  readonly data?: unknown
}
