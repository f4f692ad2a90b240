/** Limits of one server, with their units. 0 is a limit like any other number unless the text says otherwise. */
export interface Limits {
  /** Milliseconds that a link may stay without a successful `auth`. @default 10_000 */
  readonly authTimeoutMs: number
  /** Refused `auth` calls after which the link is closed with 4501. @default 5 */
  readonly maxRefusedAuths: number
  /** Bytes of one message or batch before `auth`. @default 16_384 */
  readonly maxUnauthenticatedMessageBytes: number
  /** Bytes of one message or batch after `auth`. @default 262_144 */
  readonly maxMessageBytes: number
  /** Messages per second that a session may send for long. @default 50 */
  readonly messagesPerSecond: number
  /** Messages that it may send at once. @default 100 */
  readonly messageBurst: number
  /** Calls of a session whose handlers have not settled. @default 32 */
  readonly maxCallsInFlight: number
  /** Sessions of one user at the same time. @default 16 */
  readonly maxSessionsPerUser: number
  /** Milliseconds after which a handler that has not settled is answered for with -32603. @default 30_000 */
  readonly callTimeoutMs: number
  /** Milliseconds between a token's end and the end of its session, for a refresh. @default 25_000 */
  readonly tokenGraceMs: number
  /** Bytes that may wait unsent for a slow reader before its link is closed with 4000. @default 1_048_576 */
  readonly maxBufferedBytes: number
}

/** What applies where the options are silent. Source: PROTOCOL.md, "Numbers". */
export const DEFAULT_LIMITS: Limits = {
  authTimeoutMs: 10_000,
  maxRefusedAuths: 5,
  maxUnauthenticatedMessageBytes: 16_384,
  maxMessageBytes: 262_144,
  messagesPerSecond: 50,
  messageBurst: 100,
  maxCallsInFlight: 32,
  maxSessionsPerUser: 16,
  callTimeoutMs: 30_000,
  tokenGraceMs: 25_000,
  maxBufferedBytes: 1_048_576
}
