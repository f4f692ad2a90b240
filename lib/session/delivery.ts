import { type CloseReason, closeReason } from '../protocol/close-codes.ts'
import type { Timer } from '../util/clock.ts'
import { type Link, isDuplex } from './link.ts'
import { Outbox, type OutboxSize } from './outbox.ts'
import type { SessionRecord } from './record.ts'
import type { SessionServices } from './services.ts'

/**
 * The way from a session to its client: through the outbox, over whatever link there is, no faster than the peer reads.
 *
 * While there is a link nothing that its client may not have is let go: the outbox grows, and a peer that does not keep up loses
 * the link. Without a link it keeps what was there when the link went and as much again as `outboxMessages` and `outboxBytes` say.
 * A peer that comes back with all that open may have as much again on its new link, so that it is not closed before it has read
 * anything, but never more than a ceiling: coming back without acknowledging must not make the outbox grow for ever.
 */
export class Delivery {
  // A message to a room of thousands looks at these three of each member, none of which is in the processor's cache: they lie together.
  #link: Link | null = null
  /** Has what is sent numbers? */
  #isNumbered: boolean
  readonly #services: SessionServices
  readonly outbox: Outbox
  readonly #record: SessionRecord
  /** Called when the peer does not keep up with what is sent to it. */
  readonly #tooSlow: (reason: CloseReason) => void
  readonly #keep: OutboxSize
  /** The number up to which the present link has been given everything. */
  #sent = 0
  /** What the outbox held when the link went. */
  #left: OutboxSize
  /** Bytes that the outbox may have while the present link is there, and ever. */
  #limitBytes: number
  readonly #ceilingBytes: number
  #isCorked = false
  #stall: Timer | null = null

  constructor (record: SessionRecord, services: SessionServices, tooSlow: (reason: CloseReason) => void) {
    this.outbox = new Outbox(record.outbox)
    this.#isNumbered = record.resumable
    this.#record = record
    this.#services = services
    this.#tooSlow = tooSlow
    this.#keep = { messages: services.outboxMessages, bytes: services.outboxBytes }
    // A record that comes from elsewhere lost its link there.
    this.#left = this.outbox.size
    this.#limitBytes = services.maxBufferedBytes
    this.#ceilingBytes = services.maxBufferedBytes + 2 * services.outboxBytes
  }

  get link (): Link | null { return this.#link }

  /** Takes a link whose client has everything up to `received`, and gives it the rest. */
  attach (link: Link, received: number): void {
    this.#link = link
    this.#sent = received
    this.outbox.acknowledge(received)
    this.#limitBytes = Math.min(Math.max(this.#services.maxBufferedBytes, this.outbox.size.bytes + this.#keep.bytes), this.#ceilingBytes)
    this.#flush()
  }

  /** Lets the link go. @returns the link that was there */
  detach (): Link | null {
    const link = this.#link
    this.#link = null
    this.#left = this.outbox.size
    this.#stopWatch()
    return link
  }

  /** What is sent has numbers from now on. It is held back until `uncork`: it must not overtake the answer that starts the numbering. */
  startNumbering (): void {
    this.#isNumbered = true
    this.#isCorked = true
  }

  uncork (): void {
    this.#isCorked = false
    this.#flush()
  }

  /** Nothing is sent any more, and nothing kept. */
  end (): void {
    this.#isNumbered = false
    this.outbox.clear()
  }

  /** Sends a text of `count` messages, numbered when the session can resume. */
  send (text: string, count: number): void {
    if (!this.#isNumbered) return this.sendUncounted(text)
    this.outbox.append(text, count)
    this.#flush()
    this.#bound()
  }

  /** Sends a text beside the numbered ones. */
  sendUncounted (text: string): void {
    const link = this.#link
    if (link === null) return
    link.send(text, 0)
    if (link.bufferedBytes > this.#services.maxBufferedBytes) this.#tooSlow(closeReason('slowConsumer'))
  }

  /** The client has everything up to `received`. @returns was there something to let go of? */
  acknowledge (received: number): boolean {
    const record = this.#record
    // By a POST, and so does a client whose stream has no words for it: it is one that acknowledges as it reads.
    if (this.#link === null || !isDuplex(this.#link)) record.acknowledges = true
    const before = record.outbox.dropped
    this.outbox.acknowledge(received)
    if (record.outbox.dropped === before) return false
    this.#progressed()
    return true
  }

  /** The link's bytes have left. */
  drained (): void {
    this.#progressed()
  }

  #progressed (): void {
    this.#stopWatch()
    this.#flush()
    if (this.#isBehind) this.#watchStall()
  }

  #flush (): void {
    const link = this.#link
    if (link === null || this.#isCorked || this.#sent >= this.outbox.top) return
    for (const { last, text } of this.outbox.after(this.#sent)) {
      if (link !== this.#link) return
      if (link.bufferedBytes > this.#services.holdBytes) return this.#watchStall()
      this.#sent = last
      link.send(text, last)
    }
  }

  #bound (): void {
    const { outbox } = this
    if (this.#link === null) {
      outbox.trim({ messages: this.#left.messages + this.#keep.messages, bytes: Math.min(this.#left.bytes + this.#keep.bytes, this.#ceilingBytes) })
      return
    }
    if (!this.#isAcknowledged) outbox.trim(this.#keep, this.#sent)
    if (outbox.size.bytes > this.#limitBytes) this.#tooSlow(closeReason('slowConsumer'))
    else if (this.#isBehind) this.#watchStall()
  }

  /** Has the peer not been given, or not acknowledged, more than it may leave open? */
  get #isBehind (): boolean {
    const link = this.#link
    if (link === null || this.#isCorked) return false
    return this.#sent < this.outbox.top || (this.#isAcknowledged && this.outbox.exceeds(this.#keep))
  }

  /** Does the client tell what it has, by its link or beside it? */
  get #isAcknowledged (): boolean {
    return this.#link?.acknowledges === true || this.#record.acknowledges
  }

  /** A peer that makes no progress at all for so long is gone or hostile. */
  #watchStall (): void {
    this.#stall ??= this.#services.clock.after(this.#services.stallTimeoutMs, () => {
      this.#stall = null
      this.#tooSlow(closeReason('slowConsumer'))
    })
  }

  #stopWatch (): void {
    this.#stall?.cancel()
    this.#stall = null
  }
}
