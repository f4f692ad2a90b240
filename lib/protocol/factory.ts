/** Texts to send, a maker for each message of MSE 1.0: what clients send, and what servers answer. */
import { encodeCall, encodeError, encodeNotification, encodeResult, isMessageId } from './codec.ts'
import type { Contract, MethodContract, ParamsOf, ResultOf, SendsOf } from './contract.ts'
import { MSE_ERRORS, type MseErrorName } from './errors.ts'
import type { MessageId } from './message.ts'
import { MSE_CONTRACTS, MSE_METHODS, MSE_SERVER_NOTIFICATIONS, type MseContract, type MseMethod, type MseServerNotification } from './mse.ts'

/** What a maker of requests takes: the params first, where the method has any. */
export type RequestArguments<P> = keyof P extends never ? [id?: MessageId] : [params: P, id?: MessageId]
/** What a maker of answers takes: the result after the id, where it is not the same word each time. */
export type AnswerArguments<R> = R extends string ? [id: MessageId] : [id: MessageId, result: R]

/**
 * A maker for each message that a client sends, under the name of its method: `RequestFactory.auth({ token, version: '1.0' })`.
 * Each returns the text of one message. The id comes last: a string of 1 to 128 characters or a safe integer. Without one, a method that is answered
 * gets the factory's next number, and a notification is sent with `id: null`; with one, a notification is answered `null`, or with its error.
 *
 * A maker throws a TypeError for an id that could not be echoed, and what `JSON.stringify` throws for params that are not JSON. Whether the params are
 * right is for the compiler to say, and at run time for the server.
 */
export type RequestMakers = { readonly [C in MseContract as C['name']]: (...args: RequestArguments<ParamsOf<C>>) => string }

/**
 * A maker for each message that a server sends: an answer under the name of its method, a notification under its own, an error under its name in
 * {@link MSE_ERRORS}. For servers of one's own and for tests; fastify-mse answers by itself. Each returns the text of one message; they throw as
 * {@link RequestMakers} do.
 */
export type ResponseMakers = AnswerMakers & NotificationMakers & ErrorMakers

/** Makers of answers (`ping`, `auth`, `start`, `whoami`): `whoami(4, identity)`, and `ping(1)` where the result is always the same. */
export type AnswerMakers = { readonly [C in MseMethod as C['name']]: (...args: AnswerArguments<ResultOf<C>>) => string }
/** Makers of what the server sends by itself (`sdpOffer`, `iceCandidate`, `chat`): `chat({ to: [], message: 'hello', from: 'ada' })`. */
export type NotificationMakers = { readonly [C in MseServerNotification as C['name']]: (params: SendsOf<C>) => string }
/** Makers of errors, by their names in {@link MSE_ERRORS}: `callOrder(3, { required: 'start' })`, and `parse(null)` where the id is not known. */
export type ErrorMakers = { readonly [Name in MseErrorName]: (id: MessageId | null, data?: unknown) => string }

type Maker = (...args: never[]) => string

/**
 * A factory that counts for itself, for one connection of several.
 * @param firstId the id of the first request that is given none; each further one is one higher. Ids that are given are not counted.
 * @throws TypeError for a number that is not a safe integer
 */
export function createRequestFactory (firstId = 1): RequestMakers {
  if (!Number.isSafeInteger(firstId)) throw new TypeError(`the first id is a safe integer, not ${String(firstId)}`)
  let nextId = firstId
  const takeId = (): number => nextId++
  return byName(MSE_CONTRACTS, (contract) => requestMaker(contract, takeId)) as RequestMakers
}

function requestMaker (contract: Contract, takeId: () => number): Maker {
  const { name } = contract
  const make = (params: object | undefined, id: MessageId | undefined): string => {
    if (id !== undefined) return encodeCall(checkId(id), name, params)
    return contract.kind === 'request' ? encodeCall(takeId(), name, params) : encodeNotification(name, params)
  }
  return takesParams(contract) ? make : (id?: MessageId) => make(undefined, id)
}

function takesParams ({ params }: Contract): boolean {
  return Object.keys((params as { properties?: object }).properties ?? {}).length > 0
}

function createResponseFactory (): ResponseMakers {
  const makers = {
    ...byName(MSE_METHODS, answerMaker),
    ...byName(MSE_SERVER_NOTIFICATIONS, ({ name }) => (params: object) => encodeNotification(name, params)),
    ...Object.fromEntries(Object.entries(MSE_ERRORS).map(([name, error]) => [name, errorMaker(error)]))
  }
  return makers as unknown as ResponseMakers
}

function answerMaker ({ result: schema }: MethodContract): Maker {
  const { const: always } = schema as { const?: unknown }
  return (id: MessageId, result: unknown = always) => encodeResult(checkId(id), result)
}

function errorMaker ({ code, message }: typeof MSE_ERRORS[MseErrorName]): Maker {
  return (id: MessageId | null, data?: unknown) => encodeError(id === null ? null : checkId(id), { code, message, data })
}

function byName<C extends Contract> (contracts: readonly C[], makerOf: (contract: C) => Maker): Record<string, Maker> {
  return Object.fromEntries(contracts.map((contract) => [contract.name, makerOf(contract)]))
}

function checkId<Id extends MessageId> (id: Id): Id {
  if (!isMessageId(id)) throw new TypeError(`an id is a safe integer or a string of 1 to 128 characters, not ${JSON.stringify(id) ?? String(id)}`)
  return id
}

/**
 * Makes what clients send, as texts for a socket: {@link RequestMakers}. Its ids ascend from 1 over all that is made with it; {@link createRequestFactory} makes one that counts for itself.
 * @example socket.send(RequestFactory.ping())
 */
export const RequestFactory: RequestMakers = /* @__PURE__ */ createRequestFactory()

/**
 * Makes what servers send, as texts for a socket: {@link ResponseMakers}.
 * @example socket.send(ResponseFactory.callOrder(3, { required: 'start' }))
 */
export const ResponseFactory: ResponseMakers = /* @__PURE__ */ createResponseFactory()
