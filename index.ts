/** fastify-mse: live video signalling for Fastify. */
export { mse, mse as default, Mse } from './plugins/mse.ts'
export type { MseOptions } from './plugins/options.ts'
export type { JwtOptions } from './plugins/jwt.ts'
export type { Call, Handler, HandlerOf, Middleware, NotificationHandler } from './lib/core/call.ts'
export type { MseEvents, MseListener } from './lib/core/events.ts'
export type { Limits } from './lib/core/limits.ts'
export type { MediaEngine } from './lib/media/engine.ts'
export type { Identity, Role } from './lib/session/identity.ts'
export type { NotifyOptions, Room } from './lib/session/rooms.ts'
export type { Session } from './lib/session/session.ts'
export {
  Auth, CLOSE_CODES, Chat, Disconnect, IceCandidate, MSE_CONTRACTS, MSE_ERRORS, MseError, Ping, RequestAdapter, RequestFactory, ResponseAdapter, ResponseAdaptor,
  ResponseFactory, SdpOffer, Start, Whoami, createRequestFactory, defineMethod, defineNotification, tooMany, unavailable
} from './lib/protocol/index.ts'
export type {
  CloseReason, Contract, MethodContract, MethodDefinition, MseErrorName, NotificationContract, NotificationDefinition, ParamsOf, ResultOf, SendsOf
} from './lib/protocol/index.ts'
