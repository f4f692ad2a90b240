import { type CloseReason, closeReason } from '../protocol/close-codes.ts'
import type { NotificationId } from '../protocol/codec.ts'
import type { Contract } from '../protocol/contract.ts'
import { tooMany } from '../protocol/errors.ts'
import type { Identity } from '../session/identity.ts'
import type { Link } from '../session/link.ts'
import { newRecord } from '../session/record.ts'
import { type Room, Rooms } from '../session/rooms.ts'
import { Session } from '../session/session.ts'
import type { SessionServices } from '../session/services.ts'
import { type Clock, type Timer } from '../util/clock.ts'
import type { Ids } from '../util/ids.ts'
import type { Logger } from '../util/logger.ts'
import type { GuardFactory, HandlerOf, Middleware } from './call.ts'
import { type Counters, newCounters } from './counters.ts'
import { Dispatcher } from './dispatcher.ts'
import { Events, type MseEvents, type MseListener } from './events.ts'
import type { Limits } from './limits.ts'
import { Registry } from './registry.ts'

/** What a server is made of; everything that touches the world comes in as a value. */
export interface ServerServices {
  readonly limits: Limits
  readonly notificationId: NotificationId
  readonly guards: readonly GuardFactory[]
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Logger
}

/** After so long a user with too many sessions may try again. */
const RETRY_SESSIONS_MS = 1_000

/** The sessions, rooms and methods of one MSE endpoint. Knows messages, never sockets. */
export class MseServer {
  readonly limits: Limits
  readonly log: Logger
  readonly clock: Clock
  /** Methods by name. */
  readonly registry: Registry
  readonly counters: Counters = newCounters()
  readonly #services: ServerServices
  readonly #events: Events
  readonly #rooms: Rooms
  readonly #sessionServices: SessionServices
  /** Every session with its timer, those included that have not authenticated. */
  readonly #open = new Map<Session, Timer>()
  readonly #sessions = new Map<string, Session>()
  readonly #sessionsOfUser = new Map<string, number>()
  #isClosing = false

  constructor (services: ServerServices) {
    this.#services = services
    this.limits = services.limits
    this.log = services.log
    this.clock = services.clock
    this.registry = new Registry(services.guards)
    this.#events = new Events(services.log)
    this.#rooms = new Rooms(services.notificationId)
    this.#sessionServices = this.#makeSessionServices()
  }

  /** Sessions that have authenticated, by their id. */
  get sessions (): ReadonlyMap<string, Session> { return this.#sessions }
  /** Links that are open, those included that have not authenticated. */
  get openLinks (): number { return this.#open.size }
  get isClosing (): boolean { return this.#isClosing }

  /** A new link from a client. It has `authTimeoutMs` to authenticate. */
  open (link: Link, address: string): Session {
    const session = new Session(newRecord(address, this.clock.now()), this.#sessionServices)
    session.attach(link)
    this.#open.set(session, this.clock.after(this.limits.authTimeoutMs, () => session.end(closeReason('notAuthenticated'))))
    if (this.#isClosing) session.end(closeReason('drain'))
    return session
  }

  /** Adds a method. @throws TypeError when the name is taken */
  method<C extends Contract> (contract: C, handler: HandlerOf<C>): void {
    this.registry.add(contract, handler)
  }

  /** Puts a middleware around every handler, after the checks of the contract. The first added is the outermost. */
  use (middleware: Middleware): void {
    this.registry.use(middleware)
  }

  /** The room of that id. It need not have members. */
  room (id: string): Room {
    return this.#rooms.get(id)
  }

  /** @returns a function that takes the listener away */
  on<Name extends keyof MseEvents> (name: Name, listener: MseListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  /** Tells the listeners; for the built-in methods and the adapters. */
  emit<Name extends keyof MseEvents> (name: Name, event: MseEvents[Name]): void {
    this.#events.emit(name, event)
  }

  /**
   * An `auth` has succeeded: mints the session, or refreshes its token.
   * @throws MseError `tooMany` when the user has `maxSessionsPerUser` sessions already
   */
  authenticate (session: Session, identity: Identity): void {
    const refresh = session.identity !== null
    if (!refresh) this.#mint(session, identity)
    session.record.identity = identity
    session.record.expired = false
    this.#watchExpiry(session, identity)
    if (!refresh) this.#events.emit('session', { session, identity })
    this.#events.emit('authenticated', { session, identity, refresh })
  }

  /** Ends every session; new links are turned away from now on. Idempotent. */
  close (reason: CloseReason = closeReason('drain')): void {
    this.#isClosing = true
    for (const session of this.#open.keys()) session.end(reason)
  }

  #mint (session: Session, { userId, roomId }: Identity): void {
    const count = this.#sessionsOfUser.get(userId) ?? 0
    if (count >= this.limits.maxSessionsPerUser) {
      this.#events.emit('rejected', { cause: 'sessions', address: session.address })
      throw tooMany(RETRY_SESSIONS_MS)
    }
    this.#sessionsOfUser.set(userId, count + 1)
    session.record.id = this.#services.ids.session()
    session.record.epoch = this.#services.ids.epoch()
    this.#sessions.set(session.id, session)
    this.#rooms.join(session, roomId)
  }

  #watchExpiry (session: Session, { expiresAt }: Identity): void {
    this.#open.get(session)?.cancel()
    if (expiresAt === null) return
    const { clock, limits } = this
    this.#open.set(session, clock.after(expiresAt - clock.now(), () => {
      session.record.expired = true
      this.#open.set(session, clock.after(limits.tokenGraceMs, () => session.end(closeReason('tokenExpired'))))
    }))
  }

  #ended (session: Session, reason: CloseReason): void {
    this.#open.get(session)?.cancel()
    this.#open.delete(session)
    const { identity } = session
    if (identity === null) return
    this.#sessions.delete(session.id)
    this.#rooms.leave(session, identity.roomId)
    const count = (this.#sessionsOfUser.get(identity.userId) ?? 1) - 1
    if (count > 0) this.#sessionsOfUser.set(identity.userId, count)
    else this.#sessionsOfUser.delete(identity.userId)
    this.#events.emit('ended', { session, reason })
  }

  #makeSessionServices (): SessionServices {
    const { registry, counters, limits, log, clock } = this
    const { ids, notificationId } = this.#services
    const dispatcher = new Dispatcher({
      registry, counters, clock, ids, log, maxCallsInFlight: limits.maxCallsInFlight, callTimeoutMs: limits.callTimeoutMs
    })
    return {
      ...limits,
      clock,
      notificationId,
      maxWaitingBytes: limits.maxMessageBytes,
      dispatch: (input, session) => dispatcher.dispatch(input, session),
      refuse: (input, session) => dispatcher.refuse(input, session),
      ended: (session, reason) => this.#ended(session, reason),
      fault: (error) => log.error({ err: error }, 'a message could not be answered')
    }
  }
}
