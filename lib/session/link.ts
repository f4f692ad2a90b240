import type { CloseReason } from '../protocol/close-codes.ts'

/** What a link runs over. */
export type LinkKind = 'websocket' | 'events' | 'poll' | 'http' | 'memory'

/** What carries a session at the moment. The adapter that makes it owns the socket; nothing else ever sees one. */
export interface Link {
  readonly kind: LinkKind
  /** Bytes that were sent and have not left the process yet. */
  readonly bufferedBytes: number
  /** Sends one text. Never throws and never waits for the peer; after `close` it does nothing. */
  send (text: string): void
  /** Idempotent. */
  close (reason: CloseReason): void
}
