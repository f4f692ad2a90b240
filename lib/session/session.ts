import { type CloseReason, closeReason } from '../protocol/close-codes.ts'
import { encodeNotification } from '../protocol/codec.ts'
import type { NotificationContract, SendsOf } from '../protocol/contract.ts'
import { byteLength } from '../util/bytes.ts'
import { TokenBucket } from '../util/token-bucket.ts'
import type { Identity } from './identity.ts'
import type { Link, LinkKind } from './link.ts'
import { Lane } from './lane.ts'
import type { SessionRecord } from './record.ts'
import type { SessionServices } from './services.ts'

/** What a text is answered with; undefined when nothing is to be answered. */
export type Reply = string | undefined

/** A client that goes on after so many bursts of refusals does not listen to them: it is closed. */
const FLOOD_BURSTS = 10

/** One client, from its first message to its end. Handlers and adapters see this; sockets stay in the link. */
export class Session {
  readonly record: SessionRecord
  /** Calls whose handlers have not settled. The dispatcher counts, the limit is its own. */
  callsInFlight = 0

  readonly #services: SessionServices
  readonly #lane: Lane
  readonly #rate: TokenBucket
  readonly #flood: TokenBucket
  #link: Link | null = null
  #abort: AbortController | null = null
  /** Messages whose answers are not out yet. */
  #underWay = 0
  #mustHold = false
  #finishing: CloseReason | null = null
  #ended: CloseReason | null = null

  constructor (record: SessionRecord, services: SessionServices) {
    this.record = record
    this.#services = services
    this.#lane = new Lane(services.maxWaitingBytes)
    this.#rate = new TokenBucket(services.messagesPerSecond, services.messageBurst, services.clock)
    this.#flood = new TokenBucket(services.messagesPerSecond, services.messageBurst * FLOOD_BURSTS, services.clock)
  }

  /** 22 characters; empty until `auth` has succeeded. Never log it whole. */
  get id (): string { return this.record.id }
  /** Null until `auth` has succeeded. */
  get identity (): Identity | null { return this.record.identity }
  get address (): string { return this.record.address }
  /** What carries the session now. */
  get transport (): LinkKind | 'none' { return this.#link?.kind ?? 'none' }
  /** Why the session ended; null while it lives. */
  get ended (): CloseReason | null { return this.#ended }

  /** Is it over, or over as soon as its last answer is out? */
  get isOver (): boolean { return this.#ended !== null || this.#finishing !== null }

  /** Aborted when the session ends: for whatever must not outlive it. */
  get signal (): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#ended !== null) this.#abort.abort()
    return this.#abort.signal
  }

  /** From a link that pushes: answers go out through the link. */
  receive (input: string | Uint8Array): void {
    this.#process(input, (text) => { if (text !== undefined) this.#send(text) })
  }

  /** From a caller that waits: the answer comes back. Stays synchronous while nothing awaits. */
  call (input: string | Uint8Array): Reply | Promise<Reply> {
    let answered = false
    let answer: Reply
    let deliver = (text: Reply): void => {
      answered = true
      answer = text
    }
    this.#process(input, (text) => deliver(text))
    if (answered) return answer
    return new Promise((resolve) => { deliver = resolve })
  }

  /** May the session send one more message now? @returns 0 when it may, otherwise the milliseconds until the next */
  admit (): number {
    const retryAfterMs = this.#rate.take()
    if (retryAfterMs > 0 && this.#flood.take() > 0) this.finish(closeReason('tooMany'))
    return retryAfterMs
  }

  /** The message under way decides what the later ones may do: they wait until its answer is out. */
  hold (): void {
    this.#mustHold = true
  }

  /**
   * Sends a notification.
   * @throws TypeError when the contract is one that only clients send
   */
  notify<C extends NotificationContract> (contract: C, params: SendsOf<C>): void {
    if (contract.direction === 'client') throw new TypeError(`"${contract.name}" is sent by clients only`)
    this.sendText(encodeNotification(contract.name, params as object, this.#services.notificationId))
  }

  /** Sends a text that is ready: a room serialises once for all of its members. */
  sendText (text: string): void {
    if (this.#ended === null) this.#send(text)
  }

  /** The link that carries the session from now on; the newest wins. */
  attach (link: Link): void {
    this.#link = link
  }

  /** The link is gone. A plain MSE 1.0 session ends with it. */
  detach (link: Link, reason: CloseReason): void {
    if (this.#link !== link) return
    this.#link = null
    this.end(reason)
  }

  /** Ends the session as soon as the answer to the message under way has gone out, at once when there is none. Nothing else runs on it. */
  finish (reason: CloseReason): void {
    this.#finishing ??= reason
    if (this.#underWay === 0) this.#endIfFinishing()
  }

  /** Ends the session, its link and all that hangs on its signal. Idempotent. */
  end (reason: CloseReason): void {
    if (this.#ended !== null) return
    this.#ended = reason
    const link = this.#link
    this.#link = null
    try {
      this.#abort?.abort()
      this.#services.ended(this, reason)
    } finally {
      link?.close(reason)
    }
  }

  #process (input: string | Uint8Array, deliver: (text: Reply) => void): void {
    if (this.isOver) return deliver(undefined)
    const bytes = byteLength(input)
    if (bytes > this.#maxMessageBytes) {
      this.end(closeReason('tooBig'))
      return deliver(undefined)
    }
    if (!this.#lane.isHeld) return this.#execute(input, deliver)
    if (this.#lane.wait(bytes, () => this.#execute(input, deliver))) return
    deliver(this.#services.refuse(input, this))
    this.#endIfFinishing()
  }

  #execute (input: string | Uint8Array, deliver: (text: Reply) => void): void {
    this.#underWay++
    const reply = this.isOver ? undefined : this.#services.dispatch(input, this)
    if (reply === undefined || typeof reply === 'string') return this.#answer(reply, deliver)
    const answered = reply.then((text) => this.#answer(text, deliver)).catch(this.#services.fault)
    if (this.#mustHold) {
      this.#mustHold = false
      this.#lane.hold(answered)
    }
  }

  /** Before the lane is released and before the session leaves, so that answers are in order and the last one goes out. */
  #answer (text: Reply, deliver: (text: Reply) => void): void {
    this.#underWay--
    deliver(text)
    this.#endIfFinishing()
  }

  #endIfFinishing (): void {
    if (this.#finishing !== null) this.end(this.#finishing)
  }

  get #maxMessageBytes (): number {
    return this.record.identity === null ? this.#services.maxUnauthenticatedMessageBytes : this.#services.maxMessageBytes
  }

  #send (text: string): void {
    const link = this.#link
    if (link === null) return
    link.send(text)
    if (link.bufferedBytes > this.#services.maxBufferedBytes) this.end(closeReason('slowConsumer'))
  }
}
