/** Limits of one server, with their units. 0 is a limit like any other number unless the text says otherwise. */
export interface Limits {
  /** Milliseconds that a link may stay without a successful `auth`. @default 10_000 */
  readonly authTimeoutMs: number
  /** Refused `auth` calls after which the link is closed with 4501. @default 5 */
  readonly maxRefusedAuths: number
  /**
   * Refused tokens of one network (an IPv4 address, 64 bits of an IPv6 one) per second for long, over all its links and sessions. Above
   * it tokens from there are answered -8001 without a look. Generous, as a company or a mobile network may be behind one address.
   * @default 10
   */
  readonly refusedAuthsPerSecond: number
  /** Refused tokens of one network at once. @default 200 */
  readonly refusedAuthBurst: number
  /** POSTs of one network without a session, an `auth` for example, per second for long; as generous, for the same reason. @default 100 */
  readonly anonymousPostsPerSecond: number
  /** Such POSTs at once. @default 1_000 */
  readonly anonymousPostBurst: number
  /**
   * Are clients of loopback and of private networks counted by network, too? By default they are not: such an address may be a proxy's,
   * behind which everybody is.
   * @default false
   */
  readonly countLocalNetworks: boolean
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
  /** Bytes that may wait for a slow reader, unsent or unacknowledged, before its link is closed with 4000. @default 1_048_576 */
  readonly maxBufferedBytes: number
  /** Bytes unsent on a link above which the rest is held in the outbox. @default 65_536 */
  readonly holdBytes: number
  /** Milliseconds without progress after which a link that is behind is closed with 4000. @default 10_000 */
  readonly stallTimeoutMs: number
  /** Messages that are kept for a session without a link, beside those that its client had not acknowledged. @default 256 */
  readonly outboxMessages: number
  /** Bytes that are kept likewise, with 128 for each message's own cost. @default 262_144 */
  readonly outboxBytes: number
  /** Milliseconds that a session stays without a link. 0: it ends with its link. @default 60_000 */
  readonly resumeWindowMs: number
  /** The same once `start` has succeeded. @default 300_000 */
  readonly mediaResumeWindowMs: number
  /** Milliseconds that a numbered body waits for those before it. @default 2_000 */
  readonly gapTimeoutMs: number
  /** Milliseconds that the answer to a numbered body is kept for a repetition. @default 60_000 */
  readonly replayMs: number
  /** Milliseconds between signs of life of an event stream; WebSockets have pings of their own. @default 15_000 */
  readonly heartbeatMs: number
  /** Milliseconds that a poll waits for a message. @default 25_000 */
  readonly pollTimeoutMs: number
  /** Milliseconds before the token's end at which a client is told. @default 60_000 */
  readonly expiryWarningMs: number
  /** Milliseconds that a ticket for an event stream is good for. @default 30_000 */
  readonly ticketMs: number
  /** Milliseconds that ending all links in turn may take at the most. @default 30_000 */
  readonly drainTimeoutMs: number
}

/** What applies where the options are silent. Source: PROTOCOL.md, "Numbers". */
export const DEFAULT_LIMITS: Limits = {
  authTimeoutMs: 10_000,
  maxRefusedAuths: 5,
  refusedAuthsPerSecond: 10,
  refusedAuthBurst: 200,
  anonymousPostsPerSecond: 100,
  anonymousPostBurst: 1_000,
  countLocalNetworks: false,
  maxUnauthenticatedMessageBytes: 16_384,
  maxMessageBytes: 262_144,
  messagesPerSecond: 50,
  messageBurst: 100,
  maxCallsInFlight: 32,
  maxSessionsPerUser: 16,
  callTimeoutMs: 30_000,
  tokenGraceMs: 25_000,
  maxBufferedBytes: 1_048_576,
  holdBytes: 65_536,
  stallTimeoutMs: 10_000,
  outboxMessages: 256,
  outboxBytes: 262_144,
  resumeWindowMs: 60_000,
  mediaResumeWindowMs: 300_000,
  gapTimeoutMs: 2_000,
  replayMs: 60_000,
  heartbeatMs: 15_000,
  pollTimeoutMs: 25_000,
  expiryWarningMs: 60_000,
  ticketMs: 30_000,
  drainTimeoutMs: 30_000
}
