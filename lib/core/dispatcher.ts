import { encodeError, encodeResult } from '../protocol/codec.ts'
import { MSE_ERRORS, MseError, tooMany } from '../protocol/errors.ts'
import type { Batch, CallMessage, Fault, Message, MessageId, ResponseMessage } from '../protocol/message.ts'
import type { Reply, Session } from '../session/session.ts'
import type { Clock } from '../util/clock.ts'
import type { Ids } from '../util/ids.ts'
import { type Logger, logFailure } from '../util/logger.ts'
import { settleWithin } from '../util/settle-within.ts'
import type { Call } from './call.ts'
import type { Counters } from './counters.ts'
import type { Entry, Registry } from './registry.ts'

/** What a dispatcher needs from the server around it. */
export interface DispatcherServices {
  readonly registry: Registry
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Logger
  readonly counters: Counters
  readonly maxCallsInFlight: number
  readonly callTimeoutMs: number
}

/** A call whose handler has it already. */
type CallUnderWay = { -readonly [Name in keyof Call]: Call[Name] }

/** After so long a client may try again when it has too many calls in flight or waiting. */
const RETRY_IN_FLIGHT_MS = 100

/** From a message to the text that answers it. Never throws, never rejects; a value as long as nothing awaits. */
export class Dispatcher {
  readonly #services: DispatcherServices

  constructor (services: DispatcherServices) {
    this.#services = services
  }

  dispatch (decoded: Message | Batch, session: Session): Reply | Promise<Reply> {
    if (decoded.kind !== 'batch') return this.#answer(decoded, session, true)
    const reply = this.#answerBatch(decoded.members, 0, [], session)
    if (isPromise(reply)) session.hold()
    return reply
  }

  /** Answers every call in it with -8001; nothing runs, but it counts as sent. */
  refuse (decoded: Message | Batch, session: Session): Reply {
    const refuse = (message: Message): Reply => {
      const retryAfterMs = Math.max(session.admit(), RETRY_IN_FLIGHT_MS)
      return message.kind === 'call' ? this.#refuseCall(message, retryAfterMs) : this.#answerNoCall(message)
    }
    return decoded.kind === 'batch' ? joinBatch(decoded.members.map(refuse)) : refuse(decoded)
  }

  /** In order: each member waits for the one before it. */
  #answerBatch (members: readonly Message[], from: number, answers: Reply[], session: Session): Reply | Promise<Reply> {
    for (let index = from; index < members.length; index++) {
      const answer = this.#answer(members[index] as Message, session, false)
      if (isPromise(answer)) {
        return answer.then((text) => this.#answerBatch(members, index + 1, [...answers, text], session))
      }
      answers.push(answer)
    }
    return joinBatch(answers)
  }

  #answer (message: Message, session: Session, mayHold: boolean): Reply | Promise<Reply> {
    // Whatever comes counts as sent: garbage costs a parse, too.
    const retryAfterMs = session.admit()
    if (message.kind !== 'call') return this.#answerNoCall(message)
    if (retryAfterMs > 0) return this.#refuseCall(message, retryAfterMs)
    if (session.callsInFlight >= this.#services.maxCallsInFlight) return this.#refuseCall(message, RETRY_IN_FLIGHT_MS)
    return this.#call(message, session, mayHold)
  }

  #answerNoCall (message: Fault | ResponseMessage): Reply {
    const { counters } = this.#services
    if (message.kind === 'response') {
      counters.strayResponses++
      return undefined
    }
    counters.faults++
    return encodeError(message.id, MSE_ERRORS[message.error])
  }

  #call (message: CallMessage, session: Session, mayHold: boolean): Reply | Promise<Reply> {
    const entry = this.#services.registry.get(message.method)
    if (entry === undefined) return this.#fail(message, session, new MseError('methodNotFound'))
    if (session.isOver) return this.#fail(message, session, new MseError('unauthorized'))
    const call = { contract: entry.contract, id: message.id, params: message.params, session, isOverdue: false }
    try {
      const result = entry.run(call)
      if (isPromise(result)) return this.#wait(message, call, entry, result, mayHold)
      return this.#succeed(message, session, entry, result)
    } catch (error) {
      return this.#fail(message, session, error)
    }
  }

  #wait (message: CallMessage, call: CallUnderWay, entry: Entry, result: Promise<unknown>, mayHold: boolean): Promise<Reply> {
    const { session } = call
    session.callsInFlight++
    // Promise.resolve: a thenable of the app's own has no `finally` and may call back twice.
    const reply = this.#withTimeout(Promise.resolve(result), call).then(
      (value) => this.#succeed(message, session, entry, value),
      (error: unknown) => this.#fail(message, session, error)
    ).finally(() => { session.callsInFlight-- })
    if (mayHold && entry.decides) session.hold()
    return reply
  }

  /** A handler that never settles must not keep its slot. */
  #withTimeout (result: Promise<unknown>, call: CallUnderWay): Promise<unknown> {
    const { clock, callTimeoutMs } = this.#services
    return settleWithin(clock, callTimeoutMs, result, () => {
      call.isOverdue = true
      return new Error(`the handler did not settle within ${callTimeoutMs} ms`)
    })
  }

  #succeed (message: CallMessage, session: Session, entry: Entry, result: unknown): Reply {
    let reply: Reply
    try {
      if (message.id !== null) reply = encodeResult(message.id, entry.contract.kind === 'request' ? result : null)
    } catch (error) {
      return this.#fail(message, session, error)
    }
    const { record } = session
    // A new array of that size: one that is pushed to keeps room for sixteen more, in every session.
    if (entry.decides && !record.succeeded.includes(message.method)) record.succeeded = record.succeeded.concat(message.method)
    return reply
  }

  #fail (message: CallMessage, session: Session, error: unknown): Reply {
    const { log, counters } = this.#services
    if (!isMseError(error)) return this.#internal(message, error)
    counters.errors++
    if (message.id !== null) return this.#encodeFailure(message, message.id, error)
    counters.refusedNotifications++
    log.debug({ method: cut(message.method), code: error.code, transport: session.transport }, 'a notification was refused')
    return undefined
  }

  #encodeFailure (message: CallMessage, id: MessageId, error: MseError): Reply {
    try {
      return encodeError(id, error)
    } catch (cause) {
      return this.#internal(message, cause) // its `data` does not survive JSON
    }
  }

  #internal (message: CallMessage, error: unknown): Reply {
    const { log, counters, ids } = this.#services
    const errorId = ids.error()
    counters.internalErrors++
    logFailure(log, { err: error, errorId, method: cut(message.method) }, 'a handler failed')
    return message.id === null ? undefined : encodeError(message.id, new MseError('internal', { errorId }))
  }

  #refuseCall ({ id }: CallMessage, retryAfterMs: number): Reply {
    this.#services.counters.refusedByLimit++
    return id === null ? undefined : encodeError(id, tooMany(retryAfterMs))
  }
}

function joinBatch (answers: readonly Reply[]): Reply {
  const texts = answers.filter((answer) => answer !== undefined)
  return texts.length === 0 ? undefined : `[${texts.join(',')}]`
}

function isPromise<T> (value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** What a handler throws may be a proxy that does not even tell what it is. */
function isMseError (error: unknown): error is MseError {
  try {
    return error instanceof MseError
  } catch {
    return false
  }
}

/** Names in the log come from clients: one line, not longer than this. */
function cut (name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name
}
