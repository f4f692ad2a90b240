/** What inputs are sent to: a server without sockets, in which nothing may go wrong whatever is sent. */
import { Type } from '@sinclair/typebox'
import { Connection } from '../../lib/core/connection.ts'
import { HttpFace } from '../../lib/core/http-face.ts'
import type { MseServer } from '../../lib/core/server.ts'
import { TRANSPORT_STATUSES } from '../../lib/core/statuses.ts'
import { createMse } from '../../lib/mse.ts'
import { defineMethod } from '../../lib/protocol/index.ts'
import { identityFromClaims } from '../../lib/session/claims.ts'
import type { Identity } from '../../lib/session/identity.ts'
import type { Session } from '../../lib/session/session.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { MemoryLink } from '../../lib/testing/memory-link.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import type { Clock, Timer } from '../../lib/util/clock.ts'
import { EPOCH, SESSIONS } from './dictionary.ts'
import type { Input, Step } from './input.ts'
import { type Prototypes, countMembers, difference, picture } from './prototypes.ts'

/** What went wrong; null for nothing. */
export type Fault = string | null

/** What an input did. */
export interface Outcome {
  readonly fault: Fault
  /** The longest time that one step kept the event loop, in milliseconds. */
  readonly slowestMs: number
}

const CALL_TIMEOUT_MS = 30_000
const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

/** Stands at the same time at the beginning of each input, so that an input does the same each time. */
class RestartedClock implements Clock {
  #clock = new FakeClock()

  get pending (): number { return this.#clock.pending }
  now (): number { return this.#clock.now() }
  after (delayMs: number, task: () => void): Timer { return this.#clock.after(delayMs, task) }
  advance (ms: number): Promise<void> { return this.#clock.advanceAsync(ms) }
  restart (): void { this.#clock = new FakeClock() }
}

/** A server, asked one input at a time. */
export class Target {
  readonly server: MseServer
  readonly #clock = new RestartedClock()
  readonly #engine = new RecordingEngine()
  readonly #face: HttpFace
  readonly #before: Prototypes = picture()
  readonly #members = countMembers()
  readonly #rejections: unknown[] = []
  readonly #errors: string[] = []
  readonly #onRejection = (reason: unknown): void => { this.#rejections.push(reason) }
  #minted = 0

  constructor () {
    const authenticate = (token: string): Identity | Promise<Identity> => this.#authenticate(token)
    this.server = createMse({
      authenticate,
      engine: this.#engine,
      environment: 'development',
      clock: this.#clock,
      ids: { session: () => SESSIONS[this.#minted++] ?? `session-${this.#minted}`, epoch: () => EPOCH, error: () => 'error-000000' },
      log: { debug () {}, info () {}, warn () {}, error: (details, message) => this.#noteError(details, message) },
      // So low that a few texts come to each limit.
      limits: { messageBurst: 16, maxCallsInFlight: 4, outboxMessages: 8, callTimeoutMs: CALL_TIMEOUT_MS, maxSessionsPerUser: 3 }
    })
    this.#face = new HttpFace(this.server, authenticate, TRANSPORT_STATUSES)
    addMethods(this.server)
    process.on('unhandledRejection', this.#onRejection)
  }

  /** Runs one input on links of its own. */
  async run (input: Input): Promise<Outcome> {
    this.#clock.restart()
    this.#minted = 0
    const visit = new Visit(this.server, this.#face, this.#clock)
    for (const step of input) {
      await visit.take(step)
      if (visit.fault !== null) break
    }
    await visit.leave()
    this.#engine.peers.length = 0
    const { slowestMs } = visit
    return { fault: visit.fault ?? this.#faultNow(), slowestMs }
  }

  /** What is looked at less often, because it takes longer. */
  async check (): Promise<Fault> {
    const changed = difference(this.#before)
    if (changed !== null) return changed
    const link = new MemoryLink()
    const session = this.server.open(link, '192.0.2.9')
    session.receive('{"id":1,"method":"ping","jsonrpc":"2.0"}')
    session.end({ code: 1000, text: '' })
    return link.frames[0] === '{"id":1,"jsonrpc":"2.0","result":"pong"}' ? null : 'the server does not answer ping'
  }

  close (): void {
    process.off('unhandledRejection', this.#onRejection)
  }

  #faultNow (): Fault {
    const [rejection] = this.#rejections.splice(0)
    const [error] = this.#errors.splice(0)
    if (rejection !== undefined) return `nobody caught ${describe(rejection)}`
    if (error !== undefined) return `the log says: ${error}`
    if (countMembers() !== this.#members) return difference(this.#before)
    const { openLinks, sessions } = this.server
    if (openLinks > 0 || sessions.size > 0) return `${openLinks} links and ${sessions.size} sessions are left`
    const left = this.#clock.pending - sweepsOf(this.server)
    return left > 0 ? `${left} timers are left` : null
  }

  #authenticate (token: string): Identity | Promise<Identity> {
    const identity = identityFromClaims(JSON.parse(token), { nowMs: this.#clock.now(), vouchedFor: true })
    return identity.userId.startsWith('slow') ? Promise.resolve(identity) : identity
  }

  /** No handler here fails by itself: one that never settles is the only fault there may be. */
  #noteError (details: object, message: string): void {
    const { err } = details as { err?: unknown }
    if (!(err instanceof Error && err.message.startsWith('the handler did not settle'))) this.#errors.push(`${message}: ${describe(err)}`)
  }
}

/** A method of each sort. */
function addMethods (server: MseServer): void {
  server.method(defineMethod({ name: 'echo', access: 'public', params: Type.Object({ value: Type.Unknown() }), result: Type.Unknown() }), ({ value }) => value)
  server.method(defineMethod({ name: 'later', access: 'public' }), async () => null)
  server.method(defineMethod({ name: 'never' }), () => new Promise(() => {}))
  server.method(defineMethod({ name: 'next', after: ['later'] }), () => null)
  server.method(defineMethod({ name: 'list', params: Type.Object({ of: Type.Array(Type.Integer(), { maxItems: 9 }) }), result: Type.Integer() }), ({ of }) => of.length)
}

/** One input's links. */
class Visit {
  fault: Fault = null
  slowestMs = 0
  readonly #server: MseServer
  readonly #face: HttpFace
  readonly #clock: RestartedClock
  readonly #minted = new Set<Session>()
  readonly #stopListening: () => void
  readonly #links = new Map<'first' | 'second' | 'plain', { readonly link: MemoryLink, readonly connection: Connection }>()

  constructor (server: MseServer, face: HttpFace, clock: RestartedClock) {
    this.#server = server
    this.#face = face
    this.#clock = clock
    this.#stopListening = server.on('session', ({ session }) => { this.#minted.add(session) })
  }

  async take (step: Step): Promise<void> {
    if (step.kind === 'turn') return settle()
    if (step.kind === 'wait') return this.#clock.advance(step.ms)
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
    try {
      if (step.kind === 'lose') this.#lose(step.way)
      else this.#send(step)
    } catch (error) {
      this.fault = `thrown: ${describe(error)}`
    }
    const { user, system } = process.cpuUsage(cpu)
    // Whichever is less: the machine may be busy elsewhere, and the process on other threads.
    this.slowestMs = Math.max(this.slowestMs, Math.min(performance.now() - startedAt, (user + system) / 1_000))
  }

  /** The links go, the sessions end, and what is under way by then is waited for as long as it may take. */
  async leave (): Promise<void> {
    await settle()
    const sessions = new Set([...this.#minted, ...[...this.#links.keys()].map((way) => this.#lose(way))])
    for (const session of sessions) session.end({ code: 1000, text: '' })
    this.#stopListening()
    await settle()
    const inFlight = [...sessions].reduce((sum, session) => sum + session.callsInFlight, 0)
    const left = this.#clock.pending - inFlight - sweepsOf(this.#server)
    if (left > 0) this.fault ??= `${left} timers are left`
    if (inFlight > 0) await this.#clock.advance(CALL_TIMEOUT_MS)
    if ([...sessions].some((session) => session.callsInFlight > 0)) this.fault ??= 'a call has kept its place'
  }

  #send (step: Extract<Step, { kind: 'text' }>): void {
    const { way, bytes, headers = {} } = step
    if (way === 'post') {
      const { session, seq, ack, bearer, respondAsync = false } = headers
      this.#await(this.#face.post({ body: bytes, address: '192.0.2.1', session, seq, ack, bearer, respondAsync }), ({ body }) => { if (body !== '') this.#checkAnswer(body) })
    } else if (way === 'call') {
      this.#await(this.#linkOf('first').connection.session.call(bytes), (text) => { if (text !== undefined) this.#checkAnswer(text) })
    } else {
      this.#linkOf(way).connection.receive(bytes)
    }
  }

  #await<T> (value: T | Promise<T>, look: (value: T) => void): void {
    if (!(value instanceof Promise)) return look(value)
    value.then(look, (error: unknown) => { this.fault ??= `rejected: ${describe(error)}` })
  }

  #linkOf (way: 'first' | 'second' | 'plain'): { readonly link: MemoryLink, readonly connection: Connection } {
    const known = this.#links.get(way)
    if (known !== undefined) return known
    const link = new MemoryLink(way !== 'plain')
    const opened = { link, connection: new Connection(this.#server, link, '192.0.2.1') }
    this.#links.set(way, opened)
    return opened
  }

  #lose (way: 'first' | 'second' | 'plain'): Session {
    const { link, connection } = this.#linkOf(way)
    connection.lost()
    for (const frame of link.frames) this.#checkAnswer(frame)
    this.#links.delete(way)
    return connection.session
  }

  /** Whatever goes out is a message, in text that can be sent. */
  #checkAnswer (text: string): void {
    try {
      const messages = [JSON.parse(text) as { jsonrpc?: unknown }].flat()
      if (messages.length === 0 || messages.some((message) => message?.jsonrpc !== '2.0')) this.fault ??= `no message: ${text.slice(0, 200)}`
      if (Buffer.from(text).toString() !== text) this.fault ??= `not well-formed: ${text.slice(0, 200)}`
    } catch (error) {
      this.fault ??= `not JSON: ${text.slice(0, 200)}, ${describe(error)}`
    }
  }
}

function describe (error: unknown): string {
  return error instanceof Error ? String(error.stack).split('\n').slice(0, 4).join(' ') : String(error)
}

/** Tickets that nobody has redeemed are forgotten in their time, not with their session: one timer for all of them. */
function sweepsOf ({ tickets }: MseServer): number {
  return tickets.size > 0 ? 1 : 0
}
