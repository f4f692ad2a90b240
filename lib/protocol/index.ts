/**
 * The protocol without a server: contracts, codec, errors, close codes, makers and recognisers of messages. Runs in browsers too.
 * @module fastify-mse/protocol
 */
export { RequestAdapter, ResponseAdapter, ResponseAdaptor } from './adapter.ts'
export type { AnswerOf, AnswerReaders, ErrorDataOf, ErrorReaders, NotificationOf, NotificationReaders, RefusalError, RefusalOf, RequestOf, RequestReaders, ResponseReaders } from './adapter.ts'
export { MAX_BATCH, MAX_DEPTH, MAX_ID_LENGTH, decode, encodeCall, encodeError, encodeNotification, encodeResult, isMessageId } from './codec.ts'
export type { NotificationId } from './codec.ts'
export { CLOSE_CODES, closeReason, mayReconnect } from './close-codes.ts'
export type { CloseName, CloseReason } from './close-codes.ts'
export { defineMethod, defineNotification } from './contract.ts'
export type { Access, AnyObject, Contract, Direction, MethodContract, MethodDefinition, NotificationContract, NotificationDefinition, ParamsOf, ResultOf, SendsOf } from './contract.ts'
export { MSE_ERRORS, MseError, tooMany, unavailable } from './errors.ts'
export type { KnownError, MseErrorCode, MseErrorName } from './errors.ts'
export { RequestFactory, ResponseFactory, createRequestFactory } from './factory.ts'
export type { AnswerArguments, AnswerMakers, ErrorMakers, NotificationMakers, RequestArguments, RequestMakers, ResponseMakers } from './factory.ts'
export type { Batch, CallMessage, ErrorObject, Fault, Message, MessageId, ResponseMessage } from './message.ts'
export { Auth, Chat, Disconnect, IceCandidate, IceCandidateInit, MSE_CONTRACTS, PROTOCOL_VERSIONS, Ping, SdpDescription, SdpOffer, Start, Whoami } from './mse.ts'
export type { MseContract, MseMethod, MseServerNotification } from './mse.ts'
export { toCandidate, toDescription } from './signal.ts'
export type { Candidate, Description } from './signal.ts'
