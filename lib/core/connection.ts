import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { type CloseReason, closeReason } from '../protocol/close-codes.ts'
import { decode, encodeError, encodeResult } from '../protocol/codec.ts'
import { MseError, tooMany } from '../protocol/errors.ts'
import type { CallMessage } from '../protocol/message.ts'
import type { Link } from '../session/link.ts'
import type { Session } from '../session/session.ts'
import { byteLength } from '../util/bytes.ts'
import type { Timer } from '../util/clock.ts'
import { acknowledge } from './acknowledge.ts'
import type { MseServer, ResumeOutcome } from './server.ts'

/** The server acknowledges every so many messages, or after so long. */
const ACK_MESSAGES = 16
const ACK_DELAY_MS = 5_000

const resumeParams = TypeCompiler.Compile(Type.Object({
  session: Type.String(),
  epoch: Type.String(),
  received: Type.Integer({ minimum: 0 })
}))

/** A link in both directions, and the session that it carries: its own at first, another one after `$/resume`. */
export class Connection {
  readonly #server: MseServer
  readonly #link: Link
  #session: Session
  #isFirst = true
  #acknowledged = 0
  #ackTimer: Timer | null = null

  constructor (server: MseServer, link: Link, address: string) {
    this.#server = server
    this.#link = link
    this.#session = server.open(link, address)
  }

  get session (): Session { return this.#session }

  /** Bytes that may be here of a text whose rest is not. Who is known has the transport's limit: Infinity. */
  get maxUnfinishedBytes (): number {
    return this.#session.identity === null ? this.#session.maxMessageBytes : Infinity
  }

  /**
   * One text from the peer. What still comes from a link that was superseded, or that was too slow, is ignored: its client has been
   * told where the session is, or will be, and sends it again by the next link.
   */
  receive (input: string | Uint8Array): void {
    const session = this.#session
    if (!session.isCarriedBy(this.#link)) return
    const bytes = byteLength(input)
    if (bytes > session.maxMessageBytes) return session.end(closeReason('tooBig'))
    const decoded = decode(input)
    if (this.#link.isResumable && decoded.kind === 'call' && decoded.method.startsWith('$/')) {
      this.#control(decoded)
    } else {
      session.receiveDecoded(decoded, bytes)
      this.#acknowledgeSoon()
    }
    this.#isFirst = false
  }

  /** The peer's socket has room again. */
  drained (): void {
    this.#session.drained(this.#link)
  }

  /** The peer broke the rules, or we failed: the session ends, unless it has left this link. */
  fail (reason: CloseReason): void {
    if (this.#session.isCarriedBy(this.#link)) this.#session.end(reason)
    this.#link.close(reason)
  }

  /** More of a text is here than a text may have. */
  tooBig (): void {
    this.fail(closeReason('tooBig'))
  }

  /** The socket is gone. */
  lost (): void {
    this.#ackTimer?.cancel()
    this.#session.detach(this.#link, closeReason('ended', 'the peer is gone'))
  }

  #control (message: CallMessage): void {
    if (acknowledge(this.#session, message)) return
    const retryAfterMs = this.#session.admit()
    if (retryAfterMs > 0) this.#answer(message, tooMany(retryAfterMs))
    else if (message.method === '$/resume') this.#resume(message)
    else this.#answer(message, new MseError('methodNotFound'))
  }

  #resume (message: CallMessage): void {
    const { params } = message
    if (!this.#isFirst) return this.#answer(message, new MseError('callOrder', { required: '$/resume first' }))
    if (!resumeParams.Check(params)) return this.#answer(message, new MseError('invalidParams', { path: '', reason: 'Expected session, epoch and received' }))
    const outcome = this.#server.resume(params.session, params.epoch, params.received)
    if (!outcome.resumed) return this.#answer(message, { resumed: false, reason: outcome.reason })
    this.#carry(message, outcome, params.received)
  }

  /** The answer goes out before what was missed. */
  #carry (message: CallMessage, { session }: Extract<ResumeOutcome, { resumed: true }>, received: number): void {
    const own = this.#session
    this.#session = session
    own.release(this.#link)
    this.#acknowledged = session.record.inbox.received
    this.#answer(message, { resumed: true, received: this.#acknowledged, resumeWindowMs: session.resumeWindowMs })
    session.attach(this.#link, received)
    own.end(closeReason('ended', 'resumed another session'))
  }

  #answer ({ id }: CallMessage, answer: MseError | object): void {
    if (id === null) return
    this.#link.send(answer instanceof MseError ? encodeError(id, answer) : encodeResult(id, answer), 0)
  }

  /** So that the client can let go of what it keeps. */
  #acknowledgeSoon (): void {
    if (!this.#session.record.resumable) return
    const open = this.#session.record.inbox.received - this.#acknowledged
    if (open >= ACK_MESSAGES) this.#acknowledgeNow()
    else if (open > 0) this.#ackTimer ??= this.#server.clock.after(ACK_DELAY_MS, () => this.#acknowledgeNow())
  }

  #acknowledgeNow (): void {
    this.#ackTimer?.cancel()
    this.#ackTimer = null
    if (this.#session.ended !== null) return
    this.#acknowledged = this.#session.record.inbox.received
    this.#link.control('ack', { received: this.#acknowledged })
  }
}
