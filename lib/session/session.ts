import { type CloseReason, closeReason } from '../protocol/close-codes.ts'
import { decode, encodeNotification } from '../protocol/codec.ts'
import type { NotificationContract, SendsOf } from '../protocol/contract.ts'
import type { Batch, Message } from '../protocol/message.ts'
import { byteLength } from '../util/bytes.ts'
import type { Timer } from '../util/clock.ts'
import { TokenBucket } from '../util/token-bucket.ts'
import { Delivery } from './delivery.ts'
import type { Identity } from './identity.ts'
import { Inbox, type Taken } from './inbox.ts'
import { Lane } from './lane.ts'
import { type ControlName, type Link, type LinkKind, isDuplex } from './link.ts'
import type { SessionRecord } from './record.ts'
import type { SessionServices } from './services.ts'

/** What a text is answered with; undefined when nothing is to be answered. */
export type Reply = string | undefined

/** Why a session cannot go on where a client says it was. */
export type ResumeFault = 'gap' | 'epoch'

/** A client that goes on after so many bursts of refusals does not listen to them: it is closed. */
const FLOOD_BURSTS = 10

/** One client, from its first message to its end. Handlers and adapters see this; sockets stay in the link. */
export class Session {
  readonly #delivery: Delivery
  /** @internal */
  readonly record: SessionRecord
  /** What the client sent, in order and once. @internal */
  readonly inbox: Inbox
  /** Calls whose handlers have not settled. The dispatcher counts, the limit is its own. @internal */
  callsInFlight = 0

  readonly #services: SessionServices
  readonly #lane: Lane
  readonly #rate: TokenBucket
  /** Made at the first refusal. */
  #flood: TokenBucket | null = null
  #abort: AbortController | null = null
  /** Messages whose answers are not out yet. */
  #underWay = 0
  #window: Timer | null = null
  /** How long its timer was set for at first, since when it counts, and when it was last renewed. */
  #windowMs = 0
  #windowSince = 0
  #renewedAt = 0
  #hasDownstream = false
  #mustHold = false
  #isMinting = false
  #finishing: CloseReason | null = null
  #retiring: CloseReason | null = null
  #ended: CloseReason | null = null

  /** @internal */
  constructor (record: SessionRecord, services: SessionServices) {
    this.record = record
    this.#services = services
    this.#delivery = new Delivery(record, services, (reason) => this.#drop(reason))
    this.inbox = new Inbox(record.inbox, services.clock, services)
    this.#lane = new Lane(services.maxWaitingBytes)
    this.#rate = new TokenBucket(services.messagesPerSecond, services.messageBurst, services.clock)
  }

  /** 22 characters; empty until `auth` has succeeded. Never log it whole. */
  get id (): string { return this.record.id }
  /** Null until `auth` has succeeded. */
  get identity (): Identity | null { return this.record.identity }
  /** The client's, as the application knows it. */
  get address (): string { return this.record.address }
  /** What carries the session now. */
  get transport (): LinkKind | 'none' { return this.#delivery.link?.kind ?? 'none' }
  /** Has there been a link, now or before, on which messages reach the client by themselves? @internal */
  get hasDownstream (): boolean { return this.#hasDownstream }
  /** Why the session ended; null while it lives. */
  get ended (): CloseReason | null { return this.#ended }

  /** Bytes that are kept for the client, or wait on its link. @internal */
  get heldBytes (): number {
    return Math.max(this.record.outbox.bytes, this.#delivery.link?.bufferedBytes ?? 0)
  }

  /** Is it over, or over as soon as its last answer is out? */
  get isOver (): boolean { return this.#ended !== null || this.#finishing !== null }

  /** Bytes that one text from the client may have now. @internal */
  get maxMessageBytes (): number {
    return this.record.identity === null ? this.#services.maxUnauthenticatedMessageBytes : this.#services.maxMessageBytes
  }

  /** Milliseconds that the session stays without a link. */
  get resumeWindowMs (): number {
    const { resumeWindowMs, mediaResumeWindowMs } = this.#services
    return resumeWindowMs > 0 && this.record.succeeded.includes('start') ? Math.max(resumeWindowMs, mediaResumeWindowMs) : resumeWindowMs
  }

  /** Aborted when the session ends: for whatever must not outlive it. */
  get signal (): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#ended !== null) this.#abort.abort()
    return this.#abort.signal
  }

  /** From a link that pushes: answers go out through the link. */
  receive (input: string | Uint8Array): void {
    const bytes = byteLength(input)
    if (bytes > this.maxMessageBytes) return this.end(closeReason('tooBig'))
    this.receiveDecoded(decode(input), bytes)
  }

  /** As `receive`, for what was decoded already. Counts it: the link keeps the order. @internal */
  receiveDecoded (decoded: Message | Batch, bytes: number): void {
    if (this.record.resumable && this.#ended === null) this.inbox.count(countMessages(decoded))
    this.#process(decoded, bytes, (text) => this.#push(decoded, text))
  }

  /** From a caller that waits: the answer comes back. Stays synchronous while nothing awaits. Does not count. */
  call (input: string | Uint8Array): Reply | Promise<Reply> {
    const bytes = byteLength(input)
    if (bytes > this.maxMessageBytes) {
      this.end(closeReason('tooBig'))
      return undefined
    }
    return this.callDecoded(decode(input), bytes)
  }

  /** As `call`, for what was decoded already. @internal */
  callDecoded (decoded: Message | Batch, bytes: number): Reply | Promise<Reply> {
    let answered = false
    let answer: Reply
    let deliver = (text: Reply): void => {
      answered = true
      answer = text
    }
    this.#process(decoded, bytes, (text) => deliver(text))
    if (answered) return answer
    return new Promise((resolve) => { deliver = resolve })
  }

  /**
   * Takes a body of `count` messages that did not come by the session's link.
   * @param first its first number; undefined: it has none, and cannot be repeated safely
   * @internal
   */
  take (first: number | undefined, count: number, run: () => Reply | Promise<Reply>): Taken | Promise<Taken> {
    const { link } = this.#delivery
    return link !== null && isDuplex(link) ? this.inbox.takeBeside(first, count, run) : this.inbox.take(first, count, run)
  }

  /** Runs what was decoded already and sends the answer through the outbox. Does not count. @internal */
  pushDecoded (decoded: Message | Batch, bytes: number): void {
    this.#process(decoded, bytes, (text) => this.#push(decoded, text))
  }

  /** May the session send one more message now? @returns 0 when it may, otherwise the milliseconds until the next @internal */
  admit (): number {
    const retryAfterMs = this.#rate.take()
    if (retryAfterMs > 0 && this.#isFlood()) this.finish(closeReason('tooMany'))
    return retryAfterMs
  }

  /** The message under way decides what the later ones may do: they wait until its answer is out. @internal */
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

  /** Sends a text that is ready: a room serialises once for all of its members. @internal */
  sendText (text: string): void {
    this.#delivery.send(text, 1)
  }

  /** Tells the client something about its link. @internal */
  control (name: ControlName, data: Readonly<Record<string, unknown>>): void {
    this.#delivery.link?.control(name, data)
  }

  /** The client has everything up to `received`. @returns was there something to let go of? @internal */
  acknowledge (received: number): boolean {
    return this.#delivery.acknowledge(received)
  }

  /** The link's bytes have left the process. @internal */
  drained (link: Link): void {
    if (link === this.#delivery.link) this.#delivery.drained()
  }

  /** The session has its id and its numbering now; the first number comes after the answer to this `auth`. @internal */
  minted (): void {
    const link = this.#delivery.link
    this.record.resumable = link === null || link.isResumable
    if (!this.record.resumable) return
    this.#isMinting = true
    // What waits behind this `auth` came after it, so it has numbers already.
    this.record.inbox.received += this.#lane.waitingMessages
    this.#delivery.startNumbering()
  }

  /** The answer to the `auth` is out: what follows has numbers. @internal */
  startNumbering (): void {
    this.#isMinting = false
    const { id, epoch } = this.record
    const { heartbeatMs, maxMessageBytes } = this.#services
    this.control('session', { session: id, epoch, resumeWindowMs: this.resumeWindowMs, heartbeatMs, maxMessageBytes })
    this.#delivery.uncork()
    this.renewWindow()
  }

  /** Why a client that has everything up to `received` of `epoch` cannot go on; null when it can. @internal */
  resumeFault (epoch: string, received: number): ResumeFault | null {
    if (epoch !== this.record.epoch) return 'epoch'
    return this.#delivery.outbox.covers(received) ? null : 'gap'
  }

  /** The link that carries the session from now on, and how much its client has. The newest wins: the older one is closed. */
  attach (link: Link, received = 0): void {
    // It may have ended while the request for this link was looked at: nothing would ever close the link.
    if (this.#ended !== null) return link.close(this.#ended)
    this.#delivery.detach()?.close(closeReason('superseded'))
    this.#window?.cancel()
    this.#window = null
    this.#hasDownstream = true
    if (isDuplex(link)) this.inbox.giveUpWaiting()
    this.#delivery.attach(link, received)
  }

  /** Does this link carry the session? Not one that was superseded, though its socket may still have something to say. @internal */
  isCarriedBy (link: Link): boolean {
    return this.#delivery.link === link
  }

  /** Lets go of a link that carries another session from now on. @internal */
  release (link: Link): void {
    if (this.#delivery.link === link) this.#delivery.detach()
  }

  /** The link failed: it is closed, and a session that can resume waits for the next. @internal */
  lose (link: Link, reason: CloseReason): void {
    this.detach(link, reason)
    link.close(reason)
  }

  /** The link is gone; a session that can resume stays for a while. */
  detach (link: Link, reason: CloseReason): void {
    if (this.#delivery.link !== link) return
    this.#delivery.detach()
    if (!this.record.resumable || this.resumeWindowMs === 0) this.end(reason)
    else this.renewWindow()
  }

  /** Without a link the session stays for its window from now on. @internal */
  renewWindow (): void {
    if (this.#delivery.link !== null || this.#ended !== null) return
    const { resumeWindowMs } = this
    this.#renewedAt = this.#services.clock.now()
    // Every POST renews it: the timer stays as it is and goes on for so much longer when it fires. Not after the clock was set back.
    if (this.#window !== null && resumeWindowMs === this.#windowMs && this.#renewedAt >= this.#windowSince) return
    this.#window?.cancel()
    this.#windowMs = resumeWindowMs
    this.#waitForLink(resumeWindowMs)
  }

  /** Ends the session as soon as the answer to the message under way has gone out, at once when there is none. Nothing else runs on it. */
  finish (reason: CloseReason): void {
    this.#finishing ??= reason
    if (this.#underWay === 0) this.#endIfFinishing()
  }

  /** Ends the session when nothing that has come is without its answer: at once, or after the last one. Until then it goes on as ever. @internal */
  retire (reason: CloseReason): void {
    this.#retiring ??= reason
    this.#endIfRetired()
  }

  /** Ends the session, its link and all that hangs on its signal. Idempotent. */
  end (reason: CloseReason): void {
    if (this.#ended !== null) return
    this.#ended = reason
    const link = this.#delivery.detach()
    this.#window?.cancel()
    this.inbox.giveUpWaiting()
    try {
      this.#abort?.abort()
      this.#services.ended(this, reason)
    } finally {
      link?.close(reason)
      // Whoever still refers to the session, a socket that is slow to close for example, keeps nothing of it.
      this.#delivery.end()
    }
  }

  /** Has the client gone on after so many refusals? */
  #isFlood (): boolean {
    const { messagesPerSecond, messageBurst, clock } = this.#services
    this.#flood ??= new TokenBucket(messagesPerSecond, messageBurst * FLOOD_BURSTS, clock)
    return this.#flood.take() > 0
  }

  /** Closes the link only; a session that cannot resume ends with it. */
  #drop (reason: CloseReason): void {
    const { link } = this.#delivery
    if (link !== null) this.lose(link, reason)
  }

  #waitForLink (delayMs: number): void {
    this.#windowSince = this.#renewedAt
    this.#window = this.#services.clock.after(delayMs, () => this.#windowOver())
  }

  #windowOver (): void {
    // Not by the time that it is: a clock that was set ahead, or a process that stood still, must not end what was renewed.
    const renewedMs = Math.min(this.#renewedAt - this.#windowSince, this.#windowMs)
    if (renewedMs > 0) this.#waitForLink(renewedMs)
    else this.end(closeReason('ended', 'not resumed in time'))
  }

  #process (decoded: Message | Batch, bytes: number, deliver: (text: Reply) => void): void {
    if (this.isOver) return deliver(undefined)
    if (!this.#lane.isHeld) return this.#execute(decoded, deliver)
    if (this.#lane.wait(bytes, countMessages(decoded), () => this.#execute(decoded, deliver))) return
    deliver(this.#services.refuse(decoded, this))
    this.#endIfFinishing()
  }

  #execute (decoded: Message | Batch, deliver: (text: Reply) => void): void {
    this.#underWay++
    const reply = this.isOver ? undefined : this.#services.dispatch(decoded, this)
    if (reply === undefined || typeof reply === 'string') return this.#answer(reply, deliver)
    const answered = reply.then((text) => this.#answer(text, deliver)).catch(this.#services.fault)
    if (this.#mustHold) {
      this.#mustHold = false
      this.#lane.hold(answered)
      // Now or never, if nothing has waited behind it.
      answered.then(() => this.#endIfRetired()).catch(this.#services.fault)
    }
  }

  /** Before the lane is released and before the session leaves, so that answers are in order and the last one goes out. */
  #answer (text: Reply, deliver: (text: Reply) => void): void {
    this.#underWay--
    deliver(text)
    if (this.#isMinting) this.startNumbering()
    this.#endIfFinishing()
    this.#endIfRetired()
  }

  #endIfFinishing (): void {
    if (this.#finishing !== null) this.end(this.#finishing)
  }

  #endIfRetired (): void {
    if (this.#retiring !== null && this.#underWay === 0 && !this.#lane.isHeld) this.end(this.#retiring)
  }

  #push (decoded: Message | Batch, text: Reply): void {
    if (text === undefined || this.#ended !== null) return
    if (this.#isMinting) this.#delivery.sendUncounted(text)
    else this.#delivery.send(text, countAnswers(decoded))
  }
}

/** How many numbers a text takes: a batch has as many messages as members; what is no message takes one. */
export function countMessages (decoded: Message | Batch): number {
  return decoded.kind === 'batch' ? decoded.members.length : 1
}

/** How many of them are answered. */
function countAnswers (decoded: Message | Batch): number {
  if (decoded.kind !== 'batch') return 1
  return decoded.members.filter((member) => member.kind === 'fault' || (member.kind === 'call' && member.id !== null)).length
}
