import type { Identity } from '../session/identity.ts'
import type { Session } from '../session/session.ts'
import type { CloseReason } from '../protocol/close-codes.ts'
import { type Logger, logFailure } from '../util/logger.ts'
import type { Shed } from './shed.ts'

/** What a server tells its app. Listeners run at once and in order; one that throws is logged and stops nobody. */
export interface MseEvents {
  /** A session was minted: its first `auth` has succeeded. */
  session: {
    /** It has its id from now on. */
    readonly session: Session,
    /** Whose it is. */
    readonly identity: Identity
  }
  /** An `auth` has succeeded, the first or a further one. */
  authenticated: {
    /** It has its id and its identity. */
    readonly session: Session,
    /** As the newest token has it. */
    readonly identity: Identity,
    /** Had the session an identity before? */
    readonly refresh: boolean
  }
  /** A `start` has succeeded: the media engine has taken the session. */
  started: {
    /** Whose media flow from now on. */
    readonly session: Session
  }
  /** A minted session is over. */
  ended: {
    /** Nothing can be sent on it any more; its id and identity are still there. */
    readonly session: Session,
    /** Why it ended, as the client is told. */
    readonly reason: CloseReason
  }
  /** The media engine has failed, is being opened again, or is up again. The first opening, at boot, is not told. */
  engine: {
    /** `down`: sessions have lost their media, and `start` is -7001 until it is `up`. */
    readonly state: 'up' | 'down' | 'restarting',
    /** Why, in words for the operator. */
    readonly reason: string,
    /** Milliseconds after which clients are told to try again; 0 when it is up. */
    readonly retryAfterMs: number
  }
  /** Memory was short: sessions whose clients do not read were ended (`shedAboveHeapShare`). */
  shed: Shed
  /** Somebody was turned away. */
  rejected: {
    /**
     * Before a link was made (`origin`, `host`, `draining`, too many `connections`), or at `auth`: the token was refused, too many
     * `attempts` from there were, or its user has too many `sessions`.
     */
    readonly cause: 'origin' | 'host' | 'draining' | 'connections' | 'auth' | 'attempts' | 'sessions',
    /** The peer's, as the application knows it. */
    readonly address: string
  }
}

/** A listener of one event. */
export type MseListener<Name extends keyof MseEvents> = (event: MseEvents[Name]) => void

type Listeners = { [Name in keyof MseEvents]?: Set<MseListener<Name>> }

/** Typed events without the traps of `EventEmitter`: no special `error`, and a listener cannot break its server. */
export class Events {
  readonly #listeners: Listeners = {}
  readonly #log: Logger

  constructor (log: Logger) {
    this.#log = log
  }

  /** @returns a function that takes the listener away */
  on<Name extends keyof MseEvents> (name: Name, listener: MseListener<Name>): () => void {
    const listeners: Set<MseListener<Name>> = this.#listeners[name] ?? new Set()
    ;(this.#listeners as Record<Name, Set<MseListener<Name>>>)[name] = listeners
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }

  emit<Name extends keyof MseEvents> (name: Name, event: MseEvents[Name]): void {
    for (const listener of this.#listeners[name] ?? []) {
      try {
        listener(event)
      } catch (error) {
        logFailure(this.#log, { err: error, event: name }, 'a listener failed')
      }
    }
  }
}
