import type { CloseReason } from '../protocol/close-codes.ts'
import type { NotificationId } from '../protocol/codec.ts'
import type { Batch, Message } from '../protocol/message.ts'
import type { Clock } from '../util/clock.ts'
import type { Reply, Session } from './session.ts'

/** What a session needs from the server around it; it comes in as values so that a session knows no dispatcher. */
export interface SessionServices {
  readonly maxMessageBytes: number
  readonly maxUnauthenticatedMessageBytes: number
  /** Bytes of messages that may wait behind a call which decides about them. */
  readonly maxWaitingBytes: number
  /** Bytes that may wait unsent on a link that cannot resume; on the others, see `holdBytes`. */
  readonly maxBufferedBytes: number
  /** Bytes unsent on a link above which the rest is held in the outbox. */
  readonly holdBytes: number
  /** Milliseconds after which a link that holds and has not drained is closed. */
  readonly stallTimeoutMs: number
  readonly outboxMessages: number
  readonly outboxBytes: number
  /** Milliseconds that a session without a link stays; the second while media flows. 0: it ends with its link. */
  readonly resumeWindowMs: number
  readonly mediaResumeWindowMs: number
  /** How often a client hears of the link at least. */
  readonly heartbeatMs: number
  /** How long a numbered body waits for those before it, and how long its answer is kept. */
  readonly gapTimeoutMs: number
  readonly replayMs: number
  /** Bytes of answers that are kept for repetitions, and bodies that may wait. */
  readonly maxReplayBytes: number
  readonly maxWaiting: number
  readonly messagesPerSecond: number
  readonly messageBurst: number
  readonly clock: Clock
  readonly notificationId: NotificationId
  dispatch (decoded: Message | Batch, session: Session): Reply | Promise<Reply>
  /** Answers every call in it with -8001 without running it. */
  refuse (decoded: Message | Batch, session: Session): Reply
  ended (session: Session, reason: CloseReason): void
  /** Something threw that never should. */
  fault (error: unknown): void
}
