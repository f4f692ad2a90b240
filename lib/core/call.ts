import type { Contract, MethodContract, NotificationContract, ParamsOf, ResultOf } from '../protocol/contract.ts'
import type { MessageId } from '../protocol/message.ts'
import type { Session } from '../session/session.ts'

/** One call on its way to its handler. */
export interface Call<C extends Contract = Contract> {
  /** The contract of the method that is called. */
  readonly contract: C
  /** Null for a notification. */
  readonly id: MessageId | null
  /** Not checked before the last guard; handlers get the checked ones as their first argument. */
  readonly params: unknown
  /** Whose call it is. */
  readonly session: Session
  /** It took too long and has its -32603: what it does from now on must not be an effect that its caller would have to know of. */
  readonly isOverdue: boolean
}

/**
 * What answers a method. May return a promise; whoever returns a value keeps the whole call synchronous.
 * Throw an `MseError` to answer with its code; anything else becomes -32603 and stays in the log.
 */
export type Handler<C extends Contract = Contract> = (params: ParamsOf<C>, call: Call<C>) => ResultOf<C> | Promise<ResultOf<C>>

/** What handles a notification; its return value is ignored, but a promise is waited for. */
export type NotificationHandler<C extends NotificationContract = NotificationContract> = (params: ParamsOf<C>, call: Call<C>) => unknown

/** The handler that fits a contract. */
export type HandlerOf<C extends Contract> = C extends MethodContract ? Handler<C> : C extends NotificationContract ? NotificationHandler<C> : never

/**
 * Stands between a call and its handler, after every check of the contract. Return `next()`, or something else instead, or throw.
 * Synchronous where it can be: an `async` one costs every call its microtasks.
 */
export type Middleware = (call: Call, next: () => unknown) => unknown

/** A check of the contract that throws to refuse a call. */
export type Guard = (call: Call) => void

/** Makes the guard that a contract needs; null when it needs none, so that nothing runs per call. */
export type GuardFactory = (contract: Contract) => Guard | null
