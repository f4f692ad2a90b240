import type { CloseReason } from '../protocol/close-codes.ts'
import type { NotificationId } from '../protocol/codec.ts'
import type { Clock } from '../util/clock.ts'
import type { Reply, Session } from './session.ts'

/** What a session needs from the server around it; it comes in as values so that a session knows no dispatcher. */
export interface SessionServices {
  readonly maxMessageBytes: number
  readonly maxUnauthenticatedMessageBytes: number
  /** Bytes of messages that may wait behind a call which decides about them. */
  readonly maxWaitingBytes: number
  /** Bytes that may wait unsent on the link. */
  readonly maxBufferedBytes: number
  readonly messagesPerSecond: number
  readonly messageBurst: number
  readonly clock: Clock
  readonly notificationId: NotificationId
  dispatch (input: string | Uint8Array, session: Session): Reply | Promise<Reply>
  /** Answers every call in `input` with -8001 without running it. */
  refuse (input: string | Uint8Array, session: Session): Reply
  ended (session: Session, reason: CloseReason): void
  /** Something threw that never should. */
  fault (error: unknown): void
}
