/** What a POST means, without HTTP's own objects: a request as plain values in, an answer as plain values out. */
import { decode, encodeError, encodeResult, errorCodeOf } from '../protocol/codec.ts'
import { MSE_ERRORS, MseError, tooMany } from '../protocol/errors.ts'
import type { Batch, CallMessage, Message, MessageId } from '../protocol/message.ts'
import type { Authenticate, Identity } from '../session/identity.ts'
import type { Taken } from '../session/inbox.ts'
import { type Session, countMessages } from '../session/session.ts'
import { settleWithin } from '../util/settle-within.ts'
import { acknowledge } from './acknowledge.ts'
import type { MseServer } from './server.ts'
import { ANSWERED, type Statuses } from './statuses.ts'
import { verifyToken } from './verify-token.ts'

/** A POST, as plain values. Absent headers are undefined. */
export interface PostRequest {
  readonly body: Uint8Array
  readonly address: string
  /** `Mse-Session` */
  readonly session: string | undefined
  /** `Mse-Seq`: the number of the body's first message. */
  readonly seq: string | undefined
  /** `Mse-Ack`: the client has everything up to this number. */
  readonly ack: string | undefined
  /** The token of `Authorization: Bearer`. */
  readonly bearer: string | undefined
  /** `Prefer: respond-async` */
  readonly respondAsync: boolean
}

/** An answer, as plain values. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

/** The session that a request is for, or the answer that refuses it. */
export type Located = { readonly session: Session } | { readonly refusal: HttpAnswer }

const EMPTY = ''

/** Calls and answers over plain HTTP. */
export class HttpFace {
  readonly #server: MseServer
  readonly #authenticate: Authenticate
  readonly #statuses: Statuses

  constructor (server: MseServer, authenticate: Authenticate, statuses: Statuses) {
    this.#server = server
    this.#authenticate = authenticate
    this.#statuses = statuses
  }

  /** Answers a POST; synchronous while nothing awaits. */
  post (request: PostRequest): HttpAnswer | Promise<HttpAnswer> {
    const seq = numberOf(request.seq)
    const ack = numberOf(request.ack)
    if (seq === null || ack === null) return answer(400, EMPTY)
    // A larger body is not parsed before it is known that its sender may send one.
    const early = request.body.length <= this.#server.limits.maxUnauthenticatedMessageBytes ? decode(request.body) : null
    const located = this.#locate(request, early === null ? null : idOf(early))
    const go = (found: Located): HttpAnswer | Promise<HttpAnswer> => {
      if ('refusal' in found) return found.refusal
      const { session } = found
      if (request.body.length > session.maxMessageBytes) return answer(413, EMPTY)
      const decoded = early ?? decode(request.body)
      if (session.id === '') return this.#answerAlone(session, decoded, request)
      session.renewWindow()
      const isNews = ack !== undefined && session.acknowledge(ack)
      if (decoded.kind === 'call' && decoded.method.startsWith('$/')) return this.#finish(this.#control(session, decoded, isNews), session)
      return this.#answer(session, decoded, seq, request)
    }
    return located instanceof Promise ? located.then(go) : go(located)
  }

  /** Finds the session of a GET or DELETE. A session that belongs to another user answers like an unknown one. */
  find (id: string | undefined, bearer: string | undefined, address: string): Located | Promise<Located> {
    const session = id === undefined ? undefined : this.#server.find(id)
    if (session === undefined) return { refusal: answer(id !== undefined && this.#server.hasEnded(id) ? 204 : 404, EMPTY) }
    if (bearer === undefined) return { session }
    const accept = (identity: Identity): Located => isOwner(session, identity) ? { session } : { refusal: answer(404, EMPTY) }
    return this.#verify(bearer, address, accept, (error) => this.#refuseBearer(error, null, 500))
  }

  #locate ({ session: id, bearer, address }: PostRequest, messageId: MessageId | null): Located | Promise<Located> {
    const refuse = (error: MseError): HttpAnswer => this.#refuseBearer(error, messageId, ANSWERED)
    if (id === undefined) {
      const retryAfterMs = this.#server.anonymousCalls.take(address)
      if (retryAfterMs > 0) return { refusal: this.#finish(encodeError(messageId, tooMany(retryAfterMs)), null) }
      const session = this.#server.openWithoutLink(address)
      if (bearer === undefined) return { session }
      return this.#verify(bearer, address, (identity) => this.#begin(session, identity, messageId), refuse)
    }
    const session = this.#server.find(id)
    if (session === undefined) return unknownSession(messageId)
    if (bearer === undefined) return { session }
    return this.#verify(bearer, address, (identity) => isOwner(session, identity) ? { session } : unknownSession(messageId), refuse)
  }

  /** As if `auth` had been sent before the body. */
  #begin (session: Session, identity: Identity, messageId: MessageId | null): Located {
    try {
      this.#server.authenticate(session, identity)
    } catch (error) {
      if (!(error instanceof MseError)) throw error
      return { refusal: this.#finish(encodeError(messageId, error), null) }
    }
    session.record.succeeded = ['auth']
    session.startNumbering()
    return { session }
  }

  /** A verification that never settles must not keep its request, and one that settles later opens nothing. */
  #verify (bearer: string, address: string, accept: (identity: Identity) => Located, refuse: (error: MseError) => HttpAnswer): Located | Promise<Located> {
    const { clock, limits: { callTimeoutMs } } = this.#server
    const fail = (error: unknown): Located => ({ refusal: refuse(error instanceof MseError ? error : this.#server.fault(error)) })
    let identity
    try {
      identity = verifyToken(this.#server, this.#authenticate, bearer, address)
    } catch (error) {
      return fail(error)
    }
    if (!(identity instanceof Promise)) return accept(identity)
    return settleWithin(clock, callTimeoutMs, identity, () => new Error(`a token was not verified within ${callTimeoutMs} ms`)).then(accept, fail)
  }

  /** @param failed the status when it is not the token's fault */
  #refuseBearer (error: MseError, messageId: MessageId | null, failed: number): HttpAnswer {
    const text = encodeError(messageId, error)
    if (error.code === MSE_ERRORS.authorizationFailed.code) return answer(401, text, { 'www-authenticate': 'Bearer' })
    if (error.code === MSE_ERRORS.internal.code) return answer(failed, text)
    return this.#finish(text, null)
  }

  /** Nothing before it, and nothing after it unless it authenticates. */
  #answerAlone (session: Session, decoded: Message | Batch, { body }: PostRequest): HttpAnswer | Promise<HttpAnswer> {
    const reply = session.callDecoded(decoded, body.length)
    const finish = (text: string | undefined): HttpAnswer => this.#finish(text, session)
    return reply instanceof Promise ? reply.then(finish) : finish(reply)
  }

  #answer (session: Session, decoded: Message | Batch, seq: number | undefined, request: PostRequest): HttpAnswer | Promise<HttpAnswer> {
    const bytes = request.body.length
    const respondAsync = request.respondAsync && session.hasDownstream
    const taken = session.take(seq, countMessages(decoded), () => {
      if (!respondAsync) return session.callDecoded(decoded, bytes)
      session.pushDecoded(decoded, bytes)
      return undefined
    })
    const finish = (outcome: Taken): HttpAnswer => this.#finishTaken(outcome, session, respondAsync)
    return taken instanceof Promise ? taken.then(finish) : finish(taken)
  }

  /** What a client says about its session itself. Has no number. @param isNews the request's headers acknowledge something */
  #control (session: Session, message: CallMessage, isNews: boolean): string | undefined {
    const { method, id } = message
    const hasAcknowledged = acknowledge(session, message) || (isNews && method === '$/ack')
    const retryAfterMs = hasAcknowledged ? 0 : session.admit()
    if (id === null) return undefined
    if (retryAfterMs > 0) return encodeError(id, tooMany(retryAfterMs))
    if (method !== '$/ticket') return encodeError(id, MSE_ERRORS.methodNotFound)
    return encodeResult(id, this.#server.tickets.issue(session.id))
  }

  #finishTaken (taken: Taken, session: Session, respondAsync: boolean): HttpAnswer {
    if (taken.kind === 'gap') return answerIn(session, 409, EMPTY)
    const finished = respondAsync ? answerIn(session, 202, EMPTY) : this.#finish(taken.answer, session)
    if (taken.replayed) finished.headers['mse-replayed'] = '1'
    if (respondAsync) finished.headers['preference-applied'] = 'respond-async'
    return finished
  }

  #finish (text: string | undefined, session: Session | null): HttpAnswer {
    const status = text === undefined ? ANSWERED : this.#statusOf(text)
    const finished = session === null || session.id === '' ? answer(status, text ?? EMPTY) : answerIn(session, status, text ?? EMPTY)
    if (status === 429) finished.headers['retry-after'] = retryAfter(finished.body)
    return finished
  }

  #statusOf (text: string): number {
    if (hasResult(text)) return ANSWERED
    const code = errorCodeOf(text)
    return code === null ? ANSWERED : this.#statuses[code] ?? ANSWERED
  }
}

function unknownSession (messageId: MessageId | null): Located {
  return { refusal: answer(404, encodeError(messageId, new MseError('unauthorized', { reason: 'session' }))) }
}

function answer (status: number, body: string, headers: Record<string, string> = {}): HttpAnswer {
  return { status, body, headers: { 'cache-control': 'no-store', ...headers } }
}

/** As `answer`, and says where the session is. */
function answerIn ({ id, record }: Session, status: number, body: string): HttpAnswer {
  return { status, body, headers: { 'cache-control': 'no-store', 'mse-session': id, 'mse-epoch': record.epoch, 'mse-received': String(record.inbox.received) } }
}

/** What comes between an answer's id and what it answers. An id cannot contain it: its quotes would have backslashes. */
const AFTER_ID = '"jsonrpc":"2.0","'

/** Is that surely an answer with a result? Sooner known than that it has no error. */
function hasResult (text: string): boolean {
  return text.startsWith('result"', text.indexOf(AFTER_ID) + AFTER_ID.length)
}

/** HTTP counts in whole seconds; never zero, or the client would come back at once. */
function retryAfter (text: string): string {
  const { error } = JSON.parse(text) as { error: { data?: { retryAfterMs?: number } } }
  return String(Math.max(1, Math.ceil((error.data?.retryAfterMs ?? 1_000) / 1_000)))
}

function isOwner (session: Session, identity: Identity): boolean {
  return session.identity?.userId === identity.userId
}

function idOf (decoded: Message | Batch): MessageId | null {
  return decoded.kind === 'call' || decoded.kind === 'fault' ? decoded.id : null
}

/** @returns undefined when absent, null when it is no number of a message */
function numberOf (header: string | undefined): number | undefined | null {
  if (header === undefined) return undefined
  const value = Number(header)
  return /^\d{1,16}$/.test(header) && Number.isSafeInteger(value) ? value : null
}

/** The token of an `Authorization` header; undefined when there is no bearer in it. */
export function bearerOf (authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1]
}
