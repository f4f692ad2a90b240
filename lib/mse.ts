/** Puts an MSE server together: core, guards, built-in methods and the engine. Knows neither Fastify nor sockets. */
import type { GuardFactory } from './core/call.ts'
import { DEFAULT_LIMITS, type Limits } from './core/limits.ts'
import { MseServer } from './core/server.ts'
import type { MediaEngine } from './media/engine.ts'
import { auth } from './methods/auth.ts'
import { chat } from './methods/chat.ts'
import { disconnect } from './methods/disconnect.ts'
import { MediaLegs } from './methods/media-legs.ts'
import { ping } from './methods/ping.ts'
import { iceCandidate, sdpOffer } from './methods/signalling.ts'
import { start } from './methods/start.ts'
import { whoami } from './methods/whoami.ts'
import { access } from './middleware/access.ts'
import { callOrder } from './middleware/call-order.ts'
import { type Environment, environment } from './middleware/environment.ts'
import { params } from './middleware/params.ts'
import type { NotificationId } from './protocol/codec.ts'
import { Auth, Chat, Disconnect, IceCandidate, Ping, SdpOffer, Start, Whoami } from './protocol/mse.ts'
import type { Authenticate } from './session/identity.ts'
import { type Clock, systemClock } from './util/clock.ts'
import { type Ids, randomIds } from './util/ids.ts'
import { type Logger, silentLogger } from './util/logger.ts'

/** What {@link createMse} takes. */
export interface MseConfig {
  /** Turns tokens into identities; whatever it throws is -4001 to the client. */
  readonly authenticate: Authenticate
  /** @default null: `start` is answered -7001 */
  readonly engine?: MediaEngine | null
  /** @default 'production' */
  readonly environment?: Environment
  /** @default 'null' */
  readonly notificationId?: NotificationId
  /** @default DEFAULT_LIMITS */
  readonly limits?: Partial<Limits>
  /** @default the machine's clock */
  readonly clock?: Clock
  /** Where session ids, epochs and error ids come from. @default random ones */
  readonly ids?: Ids
  /** @default nobody is told */
  readonly log?: Logger
}

/** A server with every method of MSE 1.0. The caller opens and closes the engine. */
export function createMse (config: MseConfig): MseServer {
  const log = config.log ?? silentLogger
  const server = new MseServer({
    limits: { ...DEFAULT_LIMITS, ...config.limits },
    notificationId: config.notificationId ?? 'null',
    guards: guards(config.environment ?? 'production'),
    clock: config.clock ?? systemClock,
    ids: config.ids ?? randomIds,
    log
  })
  addMethods(server, config.authenticate, new MediaLegs(config.engine ?? null, log))
  return server
}

/** In the order in which the errors take precedence: -32601, -5001, -6001, -32602. */
function guards (current: Environment): GuardFactory[] {
  return [environment(current), access, callOrder, params]
}

function addMethods (server: MseServer, authenticate: Authenticate, legs: MediaLegs): void {
  server.method(Ping, ping)
  server.method(Auth, auth(server, authenticate))
  server.method(Start, start(server, legs))
  server.method(Whoami, whoami)
  server.method(SdpOffer, sdpOffer(legs))
  server.method(IceCandidate, iceCandidate(legs))
  server.method(Chat, chat(server))
  server.method(Disconnect, disconnect)
}
