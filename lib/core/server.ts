import { type CloseReason, closeReason } from '../protocol/close-codes.ts'
import type { NotificationId } from '../protocol/codec.ts'
import type { Contract } from '../protocol/contract.ts'
import { MseError, tooMany } from '../protocol/errors.ts'
import type { Identity } from '../session/identity.ts'
import type { Link } from '../session/link.ts'
import { type SessionRecord, newRecord } from '../session/record.ts'
import { type Room, Rooms } from '../session/rooms.ts'
import { Session } from '../session/session.ts'
import type { SessionServices } from '../session/services.ts'
import type { Clock } from '../util/clock.ts'
import type { Ids } from '../util/ids.ts'
import type { Logger } from '../util/logger.ts'
import type { GuardFactory, HandlerOf, Middleware } from './call.ts'
import { type Counters, newCounters } from './counters.ts'
import { Deadlines } from './deadlines.ts'
import { Dispatcher } from './dispatcher.ts'
import { drain } from './drain.ts'
import { Events, type MseEvents, type MseListener } from './events.ts'
import type { Limits } from './limits.ts'
import { NetworkRates } from './network-rates.ts'
import { Registry } from './registry.ts'
import { SessionTable } from './session-table.ts'
import { shed } from './shed.ts'
import { Tickets } from './tickets.ts'

/** What a server is made of; everything that touches the world comes in as a value. */
export interface ServerServices {
  readonly limits: Limits
  readonly notificationId: NotificationId
  readonly guards: readonly GuardFactory[]
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Logger
}

/** What came of the wish to go on with a session. */
export type ResumeOutcome =
  | { readonly resumed: true, readonly session: Session }
  | { readonly resumed: false, readonly reason: 'expired' | 'gap' | 'epoch' | 'unknown' }

/** After so long a user with too many sessions may try again. */
const RETRY_SESSIONS_MS = 1_000

/** Bodies of one session that may wait for those before them. */
const MAX_WAITING_BODIES = 8
/** Answers of one session that are kept for repetitions, in UTF-16 code units. */
const MAX_REPLAY_BYTES = 524_288

/** The sessions, rooms and methods of one MSE endpoint. Knows messages, never sockets. */
export class MseServer {
  /** What it takes of each client. */
  readonly limits: Limits
  /** Where it writes. */
  readonly log: Logger
  /** Where its timers are from. */
  readonly clock: Clock
  /** Methods by name. @internal */
  readonly registry: Registry
  /** What was not answered, counted since it was made. */
  readonly counters: Counters = newCounters()
  /** @internal */
  readonly tickets: Tickets
  /** Tokens that were refused, by where they came from. @internal */
  readonly refusedAuths: NetworkRates
  /** Calls without a session and without a link, likewise. @internal */
  readonly anonymousCalls: NetworkRates
  readonly #services: ServerServices
  readonly #events: Events
  readonly #rooms: Rooms
  readonly #sessionServices: SessionServices
  readonly #deadlines: Deadlines
  /** Every session, those included that have not authenticated. */
  readonly #open = new Set<Session>()
  readonly #table = new SessionTable()
  #isClosing = false

  /** @internal */
  constructor (services: ServerServices) {
    this.#services = services
    this.limits = services.limits
    this.log = services.log
    this.clock = services.clock
    this.registry = new Registry(services.guards)
    this.#events = new Events(services.log)
    this.#rooms = new Rooms(services.notificationId)
    this.#deadlines = new Deadlines(services.clock, services.limits)
    this.tickets = new Tickets(services.clock, services.ids, services.limits.ticketMs)
    this.refusedAuths = new NetworkRates(services.limits.refusedAuthsPerSecond, services.limits.refusedAuthBurst, services.clock, services.limits.countLocalNetworks)
    this.anonymousCalls = new NetworkRates(services.limits.anonymousPostsPerSecond, services.limits.anonymousPostBurst, services.clock, services.limits.countLocalNetworks)
    this.#sessionServices = this.#makeSessionServices()
  }

  /** Sessions that have authenticated, by their id. */
  get sessions (): ReadonlyMap<string, Session> { return this.#table.all }
  /** Links that are open, those included that have not authenticated. */
  get openLinks (): number { return this.#open.size }
  /** Are new links turned away? */
  get isClosing (): boolean { return this.#isClosing }

  /** A new link from a client. It has `authTimeoutMs` to authenticate. */
  open (link: Link, address: string): Session {
    const session = this.openWithoutLink(address)
    session.attach(link)
    this.#open.add(session)
    this.#deadlines.awaitAuth(session)
    if (this.#isClosing) session.end(closeReason('drain'))
    return session
  }

  /** A session for one call that brings its own answer back; it is kept only if the call authenticates. @internal */
  openWithoutLink (address: string): Session {
    return new Session(newRecord(address, this.clock.now()), this.#sessionServices)
  }

  /** Goes on with a session that another process or an earlier server object kept as plain data. @internal */
  restore (record: SessionRecord): Session {
    const session = new Session(record, this.#sessionServices)
    const { identity } = record
    if (identity === null) throw new TypeError('only a session that has authenticated can be restored')
    this.#enter(session, identity)
    this.#deadlines.awaitExpiry(session, identity.expiresAt)
    session.renewWindow()
    return session
  }

  /** The session that a client names. */
  find (id: string): Session | undefined {
    const session = this.#table.get(id)
    return session?.isOver === true ? undefined : session
  }

  /** Was there a session of that id, not long ago? @internal */
  hasEnded (id: string): boolean {
    return this.#table.hasEnded(id)
  }

  /** The session that a client names, if it is where the client says. A made-up id answers like an unknown one. @internal */
  resume (id: string, epoch: string, received: number): ResumeOutcome {
    const session = this.find(id)
    if (session === undefined) return { resumed: false, reason: this.#table.hasEnded(id) ? 'expired' : 'unknown' }
    const reason = session.resumeFault(epoch, received)
    return reason === null ? { resumed: true, session } : { resumed: false, reason }
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

  /**
   * Listens to what happens to sessions.
   * @returns a function that takes the listener away
   */
  on<Name extends keyof MseEvents> (name: Name, listener: MseListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  /** Tells the listeners; for the built-in methods and the adapters. @internal */
  emit<Name extends keyof MseEvents> (name: Name, event: MseEvents[Name]): void {
    this.#events.emit(name, event)
  }

  /** A fault of ours outside of any handler: its text goes to the log, its id to the client, too. @internal */
  fault (error: unknown): MseError {
    const errorId = this.#services.ids.error()
    this.counters.internalErrors++
    this.log.error({ err: error, errorId }, 'a request failed')
    return new MseError('internal', { errorId })
  }

  /**
   * An `auth` has succeeded: mints the session, or refreshes its token.
   * @throws MseError `tooMany` when the user has `maxSessionsPerUser` sessions already
   * @internal
   */
  authenticate (session: Session, identity: Identity): void {
    const refresh = session.identity !== null
    if (!refresh) this.#mint(session, identity)
    session.record.identity = identity
    session.record.expired = false
    this.#deadlines.awaitExpiry(session, identity.expiresAt)
    if (!refresh) this.#events.emit('session', { session, identity })
    this.#events.emit('authenticated', { session, identity, refresh })
  }

  /** Ends those who hold most for their clients, until so many bytes are let go of. @internal */
  shed (bytes: number): void {
    const done = shed(this.#open, bytes, this.limits.holdBytes)
    // Then it is something of the app that fills the memory.
    if (done.sessions === 0) return
    this.log.warn(done, 'memory is short: sessions whose clients do not read were ended')
    this.#events.emit('shed', done)
  }

  /** Ends every session at once; new links are turned away from now on. Idempotent. */
  close (reason: CloseReason = closeReason('drain')): void {
    this.#isClosing = true
    for (const session of this.#open) session.end(reason)
  }

  /**
   * Ends every session in turn, so that the clients do not all come back at once; new links are turned away from now on.
   * @param closingMs so much of `drainTimeoutMs` is for the sockets, to go after the last session has ended
   * @param ready the first session goes when this has resolved
   */
  async drain (closingMs = 0, ready?: () => Promise<void>): Promise<void> {
    const { drainTimeoutMs } = this.limits
    this.#isClosing = true
    if (ready !== undefined) await ready()
    await drain(this.#open, this.clock, Math.ceil(Math.max(drainTimeoutMs - closingMs, drainTimeoutMs / 2)))
    this.close()
  }

  #mint (session: Session, identity: Identity): void {
    if (this.#table.countOf(identity.userId) >= this.limits.maxSessionsPerUser) {
      this.#events.emit('rejected', { cause: 'sessions', address: session.address })
      throw tooMany(RETRY_SESSIONS_MS)
    }
    session.record.id = this.#services.ids.session()
    session.record.epoch = this.#services.ids.epoch()
    this.#enter(session, identity)
    session.minted()
  }

  #enter (session: Session, { userId, roomId }: Identity): void {
    this.#open.add(session)
    this.#table.add(session, userId)
    this.#rooms.join(session, roomId)
  }

  #ended (session: Session, reason: CloseReason): void {
    this.#deadlines.cancel(session)
    this.#open.delete(session)
    const { identity } = session
    if (identity === null) return
    this.#table.delete(session, identity.userId)
    this.#rooms.leave(session, identity.roomId)
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
      maxReplayBytes: MAX_REPLAY_BYTES,
      maxWaiting: MAX_WAITING_BODIES,
      dispatch: (decoded, session) => dispatcher.dispatch(decoded, session),
      refuse: (decoded, session) => dispatcher.refuse(decoded, session),
      ended: (session, reason) => this.#ended(session, reason),
      fault: (error) => log.error({ err: error }, 'a message could not be answered')
    }
  }
}
