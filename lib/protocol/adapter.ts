/** What came over a socket, told apart: a recogniser for each message of MSE 1.0. */
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Check } from '@sinclair/typebox/value'
import { decode } from './codec.ts'
import type { Contract, MethodContract, NotificationContract, ParamsOf, ResultOf, SendsOf } from './contract.ts'
import { MSE_ERRORS, type MseErrorCode, type MseErrorName } from './errors.ts'
import type { Batch, CallMessage, ErrorObject, Message, MessageId, ResponseMessage } from './message.ts'
import { MSE_CONTRACTS, MSE_METHODS, MSE_SERVER_NOTIFICATIONS, type MseContract, type MseMethod, type MseServerNotification } from './mse.ts'

/** A function, so that a bundler sees that it may leave the schemas out. */
function errorData () {
  const retry = Type.Object({ retryAfterMs: Type.Number() })
  return {
    invalidParams: Type.Object({ path: Type.String(), reason: Type.String(), supported: Type.Optional(Type.Array(Type.String())) }),
    unauthorized: Type.Object({ reason: Type.Literal('session') }),
    callOrder: Type.Object({ required: Type.String() }),
    unavailable: retry,
    tooMany: retry,
    internal: Type.Object({ errorId: Type.String() })
  } as const satisfies Partial<Record<MseErrorName, TSchema>>
}

/** What the errors of MSE carry in `data`, by their names; the others carry nothing. */
const ERROR_DATA = /* @__PURE__ */ errorData()

/**
 * The `data` of an error as the protocol has it; undefined for the errors that carry nothing. `path` is a JSON pointer into the params, `supported` the
 * protocol versions where `auth` asked for another one, `required` the method to call first, `errorId` what stands in the server's log.
 */
export type ErrorDataOf<Name extends MseErrorName> = Name extends keyof typeof ERROR_DATA ? Static<typeof ERROR_DATA[Name]> : undefined

/** A method's or a notification's message from a client. Absent params are `{}`. */
export interface RequestOf<C extends Contract> extends CallMessage {
  /** The name of the method. */
  readonly method: C['name']
  /** What the answer has to carry; null where none is wanted. */
  readonly id: C extends MethodContract ? MessageId : MessageId | null
  /** Checked against the contract. */
  readonly params: ParamsOf<C>
}

/** A method's success. */
export interface AnswerOf<C extends Contract> extends ResponseMessage {
  /** The id of the request. */
  readonly id: MessageId
  /** Checked against the contract. */
  readonly result: ResultOf<C>
  /** There is none. */
  readonly error?: undefined
}

/** What the server sends by itself. */
export interface NotificationOf<C extends NotificationContract> extends CallMessage {
  /** The name of the notification. */
  readonly method: C['name']
  /** It is never answered. */
  readonly id: null
  /** Checked against the contract. */
  readonly params: SendsOf<C>
}

/** The `error` member of an answer, by the error's name. */
export interface RefusalError<Name extends MseErrorName> extends ErrorObject {
  /** The code of this error. */
  readonly code: MseErrorCode<Name>
  /** As the protocol has it for this error; absent when there is none, or another one. */
  readonly data?: ErrorDataOf<Name>
}

/** An error that the server answers with, by its name. */
export interface RefusalOf<Name extends MseErrorName> extends ResponseMessage {
  /** There is none. */
  readonly result?: undefined
  /** Which error it is, and what it says. */
  readonly error: RefusalError<Name>
}

/**
 * A recogniser for each message that a client sends, under the name of its method. Each returns the message, typed, or null when it is another one.
 * See {@link ResponseReaders} for what they take.
 */
export type RequestReaders = { readonly [C in MseContract as C['name']]: (data: unknown) => RequestOf<C> | null }

/**
 * A recogniser for each message that a server sends: an answer under the name of its method, a notification under its own, an error under its name in
 * {@link MSE_ERRORS}. Each returns the message, typed, or null when it is another one, and never throws.
 *
 * They take what a socket hands over: a string, an ArrayBuffer, a Buffer or any other view of bytes, an array of Buffers, or an object that is parsed
 * already; not a Blob, whose bytes cannot be had at once. A batch is no message: give its members one by one.
 *
 * An answer does not say what it answers, so it is told by its result: `"pong"` is ping's. Where the id is known, compare it too.
 */
export type ResponseReaders = AnswerReaders & NotificationReaders & ErrorReaders

/** Recognisers of answers (`ping`, `auth`, `start`, `whoami`): `whoami(data)?.result.userId`. */
export type AnswerReaders = { readonly [C in MseMethod as C['name']]: (data: unknown) => AnswerOf<C> | null }
/** Recognisers of what the server sends by itself (`sdpOffer`, `iceCandidate`, `chat`): `chat(data)?.params.message`. */
export type NotificationReaders = { readonly [C in MseServerNotification as C['name']]: (data: unknown) => NotificationOf<C> | null }
/** Recognisers of errors, by their names in {@link MSE_ERRORS}; the code decides: `callOrder(data)?.error.data?.required`. */
export type ErrorReaders = { readonly [Name in MseErrorName]: (data: unknown) => RefusalOf<Name> | null }

type Recogniser = (message: Message | Batch) => Message | null

/** Never throws. */
function read (data: unknown): Message | Batch {
  try {
    return decode(textOf(data))
  } catch {
    return { kind: 'fault', error: 'parse', id: null }
  }
}

/** An object goes through text as well: one parser decides, and what has getters or a `toJSON` becomes plain. */
function textOf (data: unknown): string | Uint8Array {
  if (typeof data === 'string') return data
  return bytesOf(data) ?? joined(data) ?? JSON.stringify(data) ?? ''
}

function bytesOf (data: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return isArrayBuffer(data) ? new Uint8Array(data) : null
}

/** By its tag, as one of another realm (a frame, a test runner's) is no `instanceof` this one's. */
function isArrayBuffer (data: unknown): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === '[object ArrayBuffer]'
}

/** The fragments of one message, as `ws` gives them with `binaryType: 'fragments'`. */
function joined (data: unknown): Uint8Array | null {
  if (!Array.isArray(data) || data.length === 0) return null
  const parts = data.map(bytesOf)
  if (!parts.every((part) => part !== null)) return null
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function requestRecogniser ({ name, params: schema, kind }: Contract): Recogniser {
  return (message) => {
    if (message.kind !== 'call' || message.method !== name || (message.id === null && kind === 'request')) return null
    const params = message.params ?? {}
    return message.params !== null && Check(schema, params) ? { ...message, params } : null
  }
}

function notificationRecogniser ({ name, sends }: NotificationContract): Recogniser {
  return (message) => message.kind === 'call' && message.method === name && message.id === null && Check(sends, message.params) ? message : null
}

function answerRecogniser ({ result }: MethodContract): Recogniser {
  return (message) => message.kind === 'response' && message.id !== null && message.error === undefined && Check(result, message.result) ? message : null
}

function errorRecogniser (name: MseErrorName): Recogniser {
  const schema = Object.hasOwn(ERROR_DATA, name) ? ERROR_DATA[name as keyof typeof ERROR_DATA] : Type.Never()
  return (message) => {
    if (message.kind !== 'response' || message.result !== undefined || !isErrorObject(message.error) || message.error.code !== MSE_ERRORS[name].code) return null
    const { data, ...error } = message.error
    return { ...message, error: Check(schema, data) ? { ...error, data } : error }
  }
}

function isErrorObject (value: unknown): value is ErrorObject {
  const { code, message } = Object(value) as { code?: unknown, message?: unknown }
  return typeof code === 'number' && typeof message === 'string'
}

function createRequestAdapter (): RequestReaders {
  return adapter(MSE_CONTRACTS.map((contract) => [contract.name, requestRecogniser(contract)])) as unknown as RequestReaders
}

function createResponseAdapter (): ResponseReaders {
  return adapter([
    ...MSE_METHODS.map((contract) => [contract.name, answerRecogniser(contract)] as const),
    ...MSE_SERVER_NOTIFICATIONS.map((contract) => [contract.name, notificationRecogniser(contract)] as const),
    ...(Object.keys(MSE_ERRORS) as MseErrorName[]).map((name) => [name, errorRecogniser(name)] as const)
  ]) as unknown as ResponseReaders
}

function adapter (recognisers: ReadonlyArray<readonly [name: string, recognise: Recogniser]>): Record<string, (data: unknown) => Message | null> {
  return Object.fromEntries(recognisers.map(([name, recognise]) => [name, (data: unknown) => recognise(read(data))]))
}

/**
 * Tells what a client has sent. {@link RequestReaders} says what it takes and gives.
 * @example const token = RequestAdapter.auth(data)?.params.token
 */
export const RequestAdapter: RequestReaders = /* @__PURE__ */ createRequestAdapter()

/**
 * Tells what a server has sent. {@link ResponseReaders} says what it takes and gives.
 * @example if (ResponseAdapter.ping(data)) console.log('the server is there')
 */
export const ResponseAdapter: ResponseReaders = /* @__PURE__ */ createResponseAdapter()

/** The same as {@link ResponseAdapter}. */
export const ResponseAdaptor: ResponseReaders = ResponseAdapter
