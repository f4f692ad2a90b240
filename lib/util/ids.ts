import { randomBytes } from 'node:crypto'

/** Where identifiers come from; a parameter so that tests can foretell them. */
export interface Ids {
  /** 128 random bits, base64url, 22 characters: unguessable, never chosen by a client. */
  session (): string
  /** 8 characters that tell one life of an outbox from the next. */
  epoch (): string
  /** 12 characters that join an answer of -32603 with its line in the log. */
  error (): string
}

/** Identifiers from the operating system's random source. */
export const randomIds: Ids = {
  session: () => randomBytes(16).toString('base64url'),
  epoch: () => randomBytes(6).toString('base64url'),
  error: () => randomBytes(9).toString('base64url')
}
