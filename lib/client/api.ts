/** What a client is to those who use it, the media included. */
import type { Contract, NotificationContract, ParamsOf, ResultOf, SendsOf } from '../protocol/contract.ts'
import type { MSE_CONTRACTS } from '../protocol/mse.ts'
import type { ClientState, ResetEvent, SessionEvent, StateEvent, TransportName } from './options.ts'

/** The contracts of MSE 1.0 by their names, as types alone: a page that says `'chat'` carries no schema with it. */
export type MseContracts = { readonly [C in typeof MSE_CONTRACTS[number] as C['name']]: C }

/** A contract, or the name of one of MSE 1.0. */
export type Target = Contract | keyof MseContracts
/** The contract behind a {@link Target}. */
export type ContractOf<T extends Target> = T extends keyof MseContracts ? MseContracts[T] : T extends Contract ? T : never
type NotificationOf<T extends Target> = Extract<ContractOf<T>, NotificationContract>

/** Params may be left out where every one of them may. */
type Arguments<P, More extends unknown[]> = Record<never, never> extends P ? [params?: P, ...more: More] : [params: P, ...more: More]

/** How to call. */
export interface CallOptions {
  /** For this call alone. @default the client's `callTimeoutMs` */
  readonly timeoutMs?: number
  /** Gives up; a call that is not sent yet is never sent. */
  readonly signal?: AbortSignal
}

/** What a client tells. */
export interface ClientEvents {
  /** The link came, went, or is tried again. */
  readonly state: StateEvent
  /** A session has begun: media and whatever else hangs on it start now. */
  readonly session: SessionEvent
  /** The session could not be kept. */
  readonly reset: ResetEvent
  /** The server goes down, and closes this session in so many milliseconds. The client comes back by itself. */
  readonly drain: {
    /** Milliseconds until this session is closed. */
    readonly afterMs: number
  }
  /** Every notification of the server, whatever its name: after the listeners to that name have been told. */
  readonly notification: {
    /** Its name. */
    readonly method: string
    /** As they came; an empty object when there were none. */
    readonly params: unknown
  }
}

/** Signalling: one session, kept whatever happens to its links. */
export interface SignallingClient {
  /** How the link is at the moment. */
  readonly state: ClientState
  /** What carries the session; null while nothing does. */
  readonly transport: TransportName | null
  /** What waits to be sent, or was sent and may not have arrived, in bytes: slow down while it grows. At most `maxQueuedBytes`. */
  readonly bufferedBytes: number

  /**
   * Calls a method and resolves with its result. Waits for a link when there is none, and is run exactly once however often links break.
   * @example await client.call('start')
   * @example await client.call(Mute, { on: true }, { timeoutMs: 2_000 })
   * @throws ClientError (rejects)
   */
  call<T extends Target> (target: T, ...args: Arguments<ParamsOf<ContractOf<T>>, [options?: CallOptions]>): Promise<ResultOf<ContractOf<T>>>

  /**
   * Sends a notification, once and in order.
   * @throws ClientError `tooBig`, `full` or `closed`
   */
  notify<T extends Target> (target: T, ...args: Arguments<ParamsOf<NotificationOf<T>>, []>): void

  /**
   * Listens to the client itself (`state`, `session`, `reset`, `drain`, `notification`) or to a notification of the server. What a listener throws is
   * reported as an uncaught error and keeps nobody else from being told.
   * @returns a function that takes the listener away
   */
  on<Name extends keyof ClientEvents> (event: Name, listener: (event: ClientEvents[Name]) => void): () => void
  /** Listens to a notification of the server. @returns a function that takes the listener away */
  on<T extends Target> (target: T, listener: (params: SendsOf<NotificationOf<T>>) => void): () => void

  /** Ends the session and frees everything. Calls that wait reject with `closed`. Resolves when the server has been told, or cannot be. Idempotent. */
  close (): Promise<void>
  /** As `close`, for `await using`. */
  [Symbol.asyncDispose] (): Promise<void>
}
