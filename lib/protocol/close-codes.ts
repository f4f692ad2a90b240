/** Why a link is closed, as a WebSocket close code. Below 4500 a client reconnects, from 4500 it does not. */
export const CLOSE_CODES = {
  /** The session ended in order. */
  ended: 1000,
  /** A message above `maxMessageBytes`. */
  tooBig: 1009,
  /** The server is going down or is being replaced. */
  drain: 1012,
  /** Our end failed in a way it cannot mend. */
  internal: 1011,
  /** The peer reads too slowly: what waits for it is over the limit. */
  slowConsumer: 4000,
  /** No pong in time: the peer is gone. */
  noPong: 4001,
  /** The token ran out and its grace too. */
  tokenExpired: 4002,
  /** Too many messages, or too many sessions of one user. */
  tooMany: 4029,
  /** The peer does not speak the protocol. */
  protocol: 4500,
  /** Not authenticated in time, or refused too often. */
  notAuthenticated: 4501,
  /** Not allowed here. */
  forbidden: 4503,
  /** A newer link carries the session. */
  superseded: 4509
} as const

/** The name of a close code. */
export type CloseName = keyof typeof CLOSE_CODES

/** Why a link or a session ends. `text` goes to the peer: keep it free of secrets. */
export interface CloseReason {
  /** A WebSocket close code, one of {@link CLOSE_CODES} unless the peer chose it. */
  readonly code: number
  /** At most 123 bytes of UTF-8. */
  readonly text: string
}

/** RFC 6455, 5.5.1: a control frame carries 125 bytes, two of them are the code. */
const MAX_REASON_BYTES = 123

/** A close reason by name; the text is cut at 123 bytes, never within a character. */
export function closeReason (name: CloseName, text: string = name): CloseReason {
  return { code: CLOSE_CODES[name], text: cutBytes(text, MAX_REASON_BYTES) }
}

/** May a client come back after this code? */
export function mayReconnect (code: number): boolean {
  return code < 4500
}

function cutBytes (text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= maxBytes) return text
  // `stream` leaves an unfinished last character out instead of replacing it.
  return new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true })
}
