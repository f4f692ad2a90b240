/**
 * The plugin for Fastify, what handlers and media engines see, and the protocol's contracts, errors, makers and recognisers.
 * @module fastify-mse
 */
export { mse, mse as default, Mse } from './plugins/mse.ts'
export type { MseOptions } from './plugins/options.ts'
export type { HostOptions, JwksOptions, JwtOptions, SecretOptions, SecretVerifyOptions, TokenRules, VerifyOptions } from './plugins/jwt/options.ts'
export type { Call, Handler, HandlerOf, Middleware, NotificationHandler } from './lib/core/call.ts'
export type { Counters } from './lib/core/counters.ts'
export type { MseEvents, MseListener } from './lib/core/events.ts'
export type { Shed } from './lib/core/shed.ts'
export type { Limits } from './lib/core/limits.ts'
export type {
  Candidate, Description, EngineContext, EngineStats, MediaEngine, MediaPeer, PeerContext, PeerEnd, PeerStats
} from './lib/media/engine.ts'
export type { Environment } from './lib/middleware/environment.ts'
export type { Identity, Role } from './lib/session/identity.ts'
export type { LinkKind } from './lib/session/link.ts'
export type { NotifyOptions, Room } from './lib/session/rooms.ts'
export type { Session } from './lib/session/session.ts'
export type { Clock, Timer } from './lib/util/clock.ts'
export type { Logger } from './lib/util/logger.ts'
export {
  Auth, CLOSE_CODES, Chat, Disconnect, IceCandidate, MSE_CONTRACTS, MSE_ERRORS, MseError, Ping, RequestAdapter, RequestFactory, ResponseAdapter, ResponseAdaptor,
  ResponseFactory, SdpOffer, Start, Whoami, createRequestFactory, defineMethod, defineNotification, tooMany, unavailable
} from './lib/protocol/index.ts'
export type {
  CloseReason, Contract, MethodContract, MethodDefinition, MseErrorName, NotificationContract, NotificationDefinition, ParamsOf, ResultOf, SendsOf
} from './lib/protocol/index.ts'
