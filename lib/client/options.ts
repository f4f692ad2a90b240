import type { Clock } from '../util/clock.ts'
import type { ClientError } from './client-error.ts'

/** How a session travels. */
export type TransportName = 'websocket' | 'events' | 'poll'

/** Why a token is asked for. */
export type TokenReason =
  /** A first session, or a new one after a loss. */
  | 'connect'
  /** The present token ends soon; the session lives on with the next one. */
  | 'expiring'
  /** The server refused the last one: give another, or throw. */
  | 'refused'

/** What {@link createClient} takes. */
export interface ClientOptions {
  /** The endpoint, such as `https://example.org/mse`; `http:`, `ws:` and `wss:` are understood too. In a page it may be a path. */
  readonly url: string
  /**
   * Gives a JWT. Asked each time that a token is needed, so it may fetch a fresh one; the client keeps none. A throw counts as a failed attempt
   * and is tried again later.
   */
  readonly getToken: (about: { readonly reason: TokenReason }) => string | Promise<string>
  /** What to try, in this order. @default ['websocket', 'events', 'poll'] */
  readonly transports?: readonly TransportName[]
  /** How long a transport has to bring a first frame of the server before the next one is tried, in milliseconds. @default 5000 */
  readonly openTimeoutMs?: number
  /** How long a call waits for its answer, interruptions included, in milliseconds; 0: for ever. @default 60000 */
  readonly callTimeoutMs?: number
  /** The shortest pause before another attempt, in milliseconds; never 0. @default 500 */
  readonly minBackoffMs?: number
  /** The longest, in milliseconds. @default 20000 */
  readonly maxBackoffMs?: number
  /** How often the first transport is tried again while another one is at work, in milliseconds; 0: never. @default 60000 */
  readonly upgradeIntervalMs?: number
  /** How long a link may be silent before it is asked whether it lives, in milliseconds. @default 20000 */
  readonly silenceMs?: number
  /** How long it has to answer then, in milliseconds. @default 5000 */
  readonly aliveTimeoutMs?: number
  /** What may wait to be sent, in bytes; above it `notify` throws and `call` rejects. @default 1048576 */
  readonly maxQueuedBytes?: number
  /** Messages a second, with bursts of twice as many, so that the server drops none for its limit of 50; `Infinity`: no pacing. @default 40 */
  readonly messagesPerSecond?: number
  /** The WebSocket to use where there is none in the runtime. In Node `fastify-mse/client` brings `ws`. @default globalThis.WebSocket */
  readonly WebSocket?: WebSocketConstructor
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch
  /** 0 <= x < 1, for the pauses. @default Math.random */
  readonly random?: () => number
  /** Time, for tests. @default the machine's */
  readonly clock?: Clock
}

/** As much of the browsers' WebSocket as is used here; `ws` has it too. */
export interface WebSocketLike {
  /** 1 while it is open. */
  readonly readyState: number
  /** The subprotocol that the server chose. */
  readonly protocol: string
  /** The handshake is done. */
  onopen: ((event: never) => void) | null
  /** With `data`. */
  onmessage: ((event: never) => void) | null
  /** With `code` and `reason`. */
  onclose: ((event: never) => void) | null
  /** Something went wrong; `onclose` follows. */
  onerror: ((event: never) => void) | null
  /** Sends a text frame. */
  send (text: string): void
  /** Begins the closing handshake. */
  close (code?: number, reason?: string): void
  /** Of `ws`: lets the socket go without waiting for the other end. */
  terminate? (): void
}

/** `new WebSocket(url, protocols)`. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

/** A client connects as soon as it is made. */
export type ClientState =
  /** No link yet. */
  | 'connecting'
  /** A link carries the session. */
  | 'open'
  /** The link is gone, another one is being made. What is sent meanwhile waits. */
  | 'reconnecting'
  /** Over for good. */
  | 'closed'

/** A change of state. */
export interface StateEvent {
  /** The new state. */
  readonly state: ClientState
  /** What carries the session; null while nothing does. */
  readonly transport: TransportName | null
  /** Why the state is what it is: what went wrong; absent when nothing did. */
  readonly failure?: ClientError
  /** When the next attempt comes, in milliseconds; absent unless there is a pause. */
  readonly retryInMs?: number
}

/** A session begins: the first, or a fresh one. Nothing of an earlier one is left on the server: media start anew. */
export interface SessionEvent {
  /** Is it another one than before? */
  readonly fresh: boolean
}

/** The session could not be kept, something may be lost. A fresh one begins. */
export interface ResetEvent {
  /** What the server said: over, unknown to it, not the same, or messages that were not kept. */
  readonly reason: 'expired' | 'unknown' | 'epoch' | 'gap'
  /** Notifications that were on their way, whose fate is unknown. Calls reject with `lost`. */
  readonly uncertain: ReadonlyArray<{
    /** The notification's name. */
    readonly method: string
    /** As they were given to `notify`. */
    readonly params: unknown
  }>
}
