/** The seam between the client and the ways in which a session can travel. */
import type { ClientError } from '../client-error.ts'
import type { Conversation } from '../conversation.ts'
import type { ResetEvent, TokenReason, TransportName } from '../options.ts'
import type { Entry } from '../outgoing.ts'
import type { Settings } from '../settings.ts'

/** One attempt to carry the session: being made, then open, then over. It tells its host once, with `fail`, that it is over. */
export interface Carrier {
  /** There may be something to send. */
  pump (): void
  /** The page goes away: ends the session with what can still be sent, without waiting. */
  leave (): void
  /** Lets go of everything, telling nobody. */
  drop (): void
}

/** What a carrier needs and tells. After `drop` and `fail` nothing that it tells is heard. */
export interface CarrierHost {
  readonly settings: Settings
  /** Is a better link asking the server for the session, or does it have it? */
  readonly isMoving: boolean
  /** Is the server being asked to give the session to this link? */
  isAsking: boolean
  /** The session; another one after `reset`. */
  readonly conversation: Conversation
  /** Rejects with a ClientError `token`. */
  token (reason: TokenReason): Promise<string>
  /** `auth` has succeeded. */
  minted (id: string, epoch: string, maxMessageBytes?: number): void
  /** The first word of the server on this link, which has everything up to `received`. */
  opened (received: number): void
  /** Any sign of life. */
  heard (): void
  /** A message, or an array of them, of which the last has this number. */
  take (message: unknown, last: number): void
  /** The server has everything up to `received`. */
  settle (received: number): void
  /** The message after that number, if it may go now; `pump` is called when there is more. */
  next (number: number): Entry | undefined
  /** That message was refused as too long on its way. */
  tooBig (number: number): void
  control (name: string, data: unknown): void
  /**
   * The session cannot be kept: from now on the conversation is a new one.
   * @returns false when another link still carries the session; the attempt has failed then
   */
  reset (reason: ResetEvent['reason']): boolean
  /** @param answered was it the server who said no, and not something on the way? */
  fail (error: ClientError, answered: boolean): void
}

/** Makes an attempt. Never throws. */
export type Connect = (host: CarrierHost) => Carrier

/** The transports by their names. */
export type Connectors = Readonly<Record<TransportName, Connect>>
