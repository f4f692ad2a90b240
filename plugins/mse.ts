import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { HandlerOf, Middleware } from '../lib/core/call.ts'
import type { Counters } from '../lib/core/counters.ts'
import type { MseEvents, MseListener } from '../lib/core/events.ts'
import type { MseServer } from '../lib/core/server.ts'
import type { MediaEngine } from '../lib/media/engine.ts'
import { createMse } from '../lib/mse.ts'
import type { Contract } from '../lib/protocol/contract.ts'
import type { Room } from '../lib/session/rooms.ts'
import type { Session } from '../lib/session/session.ts'
import { systemClock } from '../lib/util/clock.ts'
import { guardRequests } from './guard.ts'
import { createAuthenticate } from './jwt.ts'
import { type MseOptions, NameTakenError, checkOptions, limitsOf } from './options.ts'
import { provideWebsocket, websocketTransport } from './websocket.ts'

/** What `app.mse` is. */
export class Mse {
  readonly #server: MseServer
  readonly #engine: MediaEngine | null
  readonly #sockets: ReadonlySet<Promise<void>>

  constructor (server: MseServer, engine: MediaEngine | null, sockets: ReadonlySet<Promise<void>>) {
    this.#server = server
    this.#engine = engine
    this.#sockets = sockets
  }

  /** Sessions that have authenticated, by their id. */
  get sessions (): ReadonlyMap<string, Session> { return this.#server.sessions }
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

  /** @returns a function that takes the listener away */
  on<Name extends keyof MseEvents> (name: Name, listener: MseListener<Name>): () => void {
    return this.#server.on(name, listener)
  }

  /** Ends every session with 1012, waits for their sockets, then closes the engine. `app.close()` calls it. Idempotent. */
  async close (): Promise<void> {
    this.#server.close()
    await Promise.all(this.#sockets)
    await this.#engine?.close()
  }
}

async function plugin (app: FastifyInstance, options: MseOptions): Promise<void> {
  checkOptions(options)
  const name = options.name ?? 'mse'
  if (Object.hasOwn(app, name)) throw new NameTakenError(name)
  const limits = limitsOf(options)
  const engine = options.engine ?? null
  const server = createMse({
    authenticate: await createAuthenticate(app, options.jwt),
    engine,
    limits,
    environment: options.environment ?? 'production',
    notificationId: options.notificationId ?? 'null',
    clock: options.clock ?? systemClock,
    log: app.log
  })
  if (options.environment === 'development') app.log.warn('MSE runs in development: whoami tells clients what the server knows of them')
  const sockets = new Set<Promise<void>>()
  const mse = new Mse(server, engine, sockets)
  app.decorate(name, mse)
  // Before @fastify/websocket adds its own hook, which closes sockets without a code.
  app.addHook('preClose', () => mse.close())
  await provideWebsocket(app, options, limits.maxMessageBytes)
  await engine?.open?.({ log: app.log, clock: server.clock })
  await app.register(async (context) => {
    guardRequests(context, server, options)
    await context.register(websocketTransport, { server, options, path: options.path ?? '/mse', sockets })
  }, { prefix: options.prefix ?? '' })
}

/** Live video signalling in one line: `await app.register(mse, { jwt: { secret }, engine: weriftEngine() })`. */
export const mse = fp(plugin, { name: 'fastify-mse', fastify: '5.x' })

declare module 'fastify' {
  interface FastifyInstance {
    /** MSE: methods, rooms, sessions and events of the instance that was registered here. */
    mse: Mse
  }
}
