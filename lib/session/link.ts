import type { CloseReason } from '../protocol/close-codes.ts'

/** What a link runs over. */
export type LinkKind = 'websocket' | 'events' | 'poll' | 'http' | 'memory'

/** What carries a session at the moment. The adapter that makes it owns the socket; nothing else ever sees one. */
export interface Link {
  /** What it runs over: the session's `transport` while it is attached. */
  readonly kind: LinkKind
  /** Can a session outlive this link? A plain MSE 1.0 WebSocket cannot say what it has received. */
  readonly isResumable: boolean
  /** Does its client acknowledge by the link as it reads? A stream of events cannot: its client may by POST, or does when it comes back. */
  readonly acknowledges: boolean
  /** Bytes that were sent and have not left the process yet. The adapter calls `session.drained` when they have. */
  readonly bufferedBytes: number
  /**
   * Sends one text. Never throws and never waits for the peer; after `close` it does nothing.
   * @param last the number of the text's last message; 0 on a link that cannot resume
   */
  send (text: string, last: number): void
  /** Tells the peer something about the link itself; a link without words for it does nothing. Never counted. */
  control (name: ControlName, data: Readonly<Record<string, unknown>>): void
  /** Idempotent. */
  close (reason: CloseReason): void
}

/** Does it carry the client's messages, too? They are counted on it then, so nothing else may take their numbers. */
export function isDuplex ({ kind }: Link): boolean {
  return kind === 'websocket' || kind === 'memory'
}

/** What a link can be told about itself. */
export type ControlName = 'session' | 'ack' | 'drain' | 'authExpiring'
