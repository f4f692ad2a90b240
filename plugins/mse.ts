import type { FastifyInstance, RouteHandlerMethod } from 'fastify'
import fp from 'fastify-plugin'
import type { HandlerOf, Middleware } from '../lib/core/call.ts'
import type { Counters } from '../lib/core/counters.ts'
import type { MseEvents, MseListener } from '../lib/core/events.ts'
import { HttpFace } from '../lib/core/http-face.ts'
import type { MseServer } from '../lib/core/server.ts'
import { SEMANTIC_STATUSES, TRANSPORT_STATUSES } from '../lib/core/statuses.ts'
import { createMse } from '../lib/mse.ts'
import type { Contract } from '../lib/protocol/contract.ts'
import type { Authenticate } from '../lib/session/identity.ts'
import type { Room } from '../lib/session/rooms.ts'
import type { Session } from '../lib/session/session.ts'
import { systemClock } from '../lib/util/clock.ts'
import { allowOrigins } from './cors.ts'
import { HostedEngine } from './engine.ts'
import { downstreamFace } from './events.ts'
import { guardRequests } from './guard.ts'
import { guardHeap } from './heap-guard.ts'
import { healthRoutes } from './health.ts'
import { hideErrors } from './http-answer.ts'
import { httpTransport } from './http.ts'
import { createAuthenticate } from './jwt.ts'
import { LongBodies } from './long-bodies.ts'
import { OpenSockets } from './open-sockets.ts'
import { DEFAULT_HEAP_SHARE, type MseOptions, NameTakenError, checkOptions, limitsOf, timesOf } from './options.ts'
import { serializersWithoutQuery } from './request-log.ts'
import { endSilentSockets, watchSockets } from './silent-sockets.ts'
import { closeUpgrades } from './upgrades.ts'
import { provideWebsocket } from './websocket-server.ts'
import { type WebSocketFace, webSocketFace } from './websocket.ts'

/** What an instance closes beside its sessions. */
interface MseParts {
  readonly engine: HostedEngine | null
  /** The WebSockets that are open. */
  readonly sockets: OpenSockets
  /** Milliseconds that they have for that. */
  readonly closeTimeoutMs: number
}

/** What `app.mse` is. */
export class Mse {
  readonly #server: MseServer
  readonly #engine: HostedEngine | null
  readonly #sockets: OpenSockets
  readonly #closeTimeoutMs: number
  #closed: Promise<void> | null = null

  /** @internal */
  constructor (server: MseServer, { engine, sockets, closeTimeoutMs }: MseParts) {
    this.#server = server
    this.#engine = engine
    this.#sockets = sockets
    this.#closeTimeoutMs = closeTimeoutMs
  }

  /** Sessions that have authenticated, by their id. */
  get sessions (): ReadonlyMap<string, Session> { return this.#server.sessions }
  /** Links that are open, those included that have not authenticated. */
  get openLinks (): number { return this.#server.openLinks }
  /** What was not answered, counted since boot. */
  get counters (): Readonly<Counters> { return this.#server.counters }

  /**
   * Adds a method or a notification of your own; params and result come from the contract.
   * @throws TypeError when the name is taken
   */
  method<C extends Contract> (contract: C, handler: HandlerOf<C>): void {
    this.#server.method(contract, handler)
  }

  /** Puts a middleware around every handler, after the checks of its contract. The first added is the outermost. */
  use (middleware: Middleware): void {
    this.#server.use(middleware)
  }

  /** The room of that id, to notify it or to see who is there. It need not have members. */
  room (id: string): Room {
    return this.#server.room(id)
  }

  /**
   * Listens to what happens to sessions.
   * @returns a function that takes the listener away
   */
  on<Name extends keyof MseEvents> (name: Name, listener: MseListener<Name>): () => void {
    return this.#server.on(name, listener)
  }

  /**
   * Ends every session with 1012 in its turn and after its calls, waits for their sockets, then closes the engine. Idempotent. `app.close()`
   * calls it; called before, the app still answers its probes meanwhile, and new clients with 503 and `Retry-After`.
   */
  close (): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close (): Promise<void> {
    await this.#server.drain(2 * this.#closeTimeoutMs, readWhatHasCome)
    // Again for those whose handshake was under way: they were let in before.
    await this.#sockets.gone()
    await this.#engine?.close()
  }
}

/** Calls that have come before are answered, also by sessions whose turn to go is the first. A turn of the event loop need not read all sockets; this one has begun. */
async function readWhatHasCome (): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function plugin (app: FastifyInstance, options: MseOptions): Promise<void> {
  checkOptions(options)
  const name = freeName(app, options.name ?? 'mse')
  const { environment = 'production', clock = systemClock } = options
  const authenticate = await createAuthenticate(app, options.jwt, { environment, clock })
  const engine = hostEngine(app, options, (change) => server.emit('engine', change))
  const server = createServer(app, options, { authenticate, engine })
  const sockets = new OpenSockets()
  const mse = new Mse(server, { engine, sockets, closeTimeoutMs: timesOf(options).closeTimeoutMs })
  app.decorate(name, mse)
  let endGuard = (): void => {}
  app.addHook('onReady', async () => { endGuard = guardHeap(server, options.shedAboveHeapShare ?? DEFAULT_HEAP_SHARE) })
  // Before @fastify/websocket adds its own hook, which closes sockets without a code.
  app.addHook('preClose', async () => {
    closeUpgrades(app.server)
    await mse.close()
    endGuard()
    endSilentSockets(app.server)
  })
  watchSockets(app.server)
  await engine?.open()
  if (options.health !== false) await app.register(healthRoutes, { server, engine, prefix: endpointPath(options) })
  await app.register(endpoint, { app, server, authenticate, options, sockets, prefix: endpointPath(options), logSerializers: serializersWithoutQuery(app.log) })
}

/** The prefix of the endpoint's context, without a slash at its end. */
function endpointPath ({ prefix = '', path = '/mse' }: MseOptions): string {
  return `${prefix}${path}`.replace(/\/{2,}/g, '/').replace(/\/$/, '')
}

interface EndpointOptions {
  /** The context that registered us. */
  readonly app: FastifyInstance
  readonly server: MseServer
  readonly authenticate: Authenticate
  readonly options: MseOptions
  readonly sockets: OpenSockets
}

/** All faces, in a context of their own whose prefix is the path: the app's parsers, hooks and error handler are not touched. */
async function endpoint (context: FastifyInstance, { app, server, authenticate, options, sockets }: EndpointOptions): Promise<void> {
  const { limits } = server
  const times = timesOf(options)
  const path = context.prefix === '' ? '/' : ''
  hideErrors(context)
  guardRequests(context, server, options)
  await allowOrigins(context, options)
  const face = new HttpFace(server, authenticate, options.semanticStatus === true ? SEMANTIC_STATUSES : TRANSPORT_STATUSES)
  await context.register(httpTransport, { face, path, maxMessageBytes: limits.maxMessageBytes, longBodies: LongBodies.of(limits) })
  // Beside it: the hooks of @fastify/websocket would run, and listen to the response, for every POST.
  await context.register(async (own) => {
    await provideWebsocket(app, { context: own, limits, closeTimeoutMs: times.closeTimeoutMs, path: own.prefix === '' ? '/' : own.prefix })
    addDownstreamRoute(own, path, webSocketFace({ server, times, sockets }), downstreamFace(server, face))
  })
}

/** One GET for three faces: HTTP tells an upgrade, a stream and a poll apart by headers only. */
function addDownstreamRoute (context: FastifyInstance, path: string, webSocket: WebSocketFace, downstream: RouteHandlerMethod): void {
  context.route({
    method: 'GET',
    url: path,
    exposeHeadRoute: false,
    onRequest: async (request) => { webSocket.prepare(request.raw) },
    handler: downstream,
    wsHandler: webSocket.handle
  })
}

function hostEngine (app: FastifyInstance, options: MseOptions, changed: (change: MseEvents['engine']) => void): HostedEngine | null {
  const { engine, clock = systemClock } = options
  return engine === undefined ? null : new HostedEngine(engine, { clock, log: app.log, limits: limitsOf(options), changed })
}

function createServer (app: FastifyInstance, options: MseOptions, { authenticate, engine }: { authenticate: Authenticate, engine: HostedEngine | null }): MseServer {
  const { environment = 'production', clock = systemClock, notificationId = 'null' } = options
  if (environment === 'development') app.log.warn('MSE runs in development: whoami tells clients what the server knows of them')
  return createMse({ authenticate, engine, limits: limitsOf(options), environment, notificationId, clock, log: app.log })
}

/** @throws NameTakenError also for what the context inherits from Fastify; an instance of ours further up may be hidden by a nearer one */
function freeName (app: FastifyInstance, name: string): string {
  const inherited: unknown = Reflect.get(app, name)
  if (Object.hasOwn(app, name) || (inherited !== undefined && !(inherited instanceof Mse))) throw new NameTakenError(name)
  return name
}

/**
 * The plugin. It adds the endpoint, by default `/mse`, and decorates the app with {@link Mse}, by default as `app.mse`.
 * @example await app.register(mse, { jwt: { secret: process.env.JWT_SECRET }, engine: weriftEngine() })
 * @throws (rejects the registration) `MSE_ERR_BAD_OPTION`, `MSE_ERR_NO_KEY`, `MSE_ERR_NAME_TAKEN`, `MSE_ERR_ENGINE_TAKEN`, or what the engine's `open` rejects with
 */
export const mse = fp(plugin, { name: 'fastify-mse', fastify: '5.x' })

declare module 'fastify' {
  interface FastifyInstance {
    /** MSE: methods, rooms, sessions and events of the instance that was registered here. */
    mse: Mse
  }
}
