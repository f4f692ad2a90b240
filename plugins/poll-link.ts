import type { CloseReason } from '../lib/protocol/close-codes.ts'
import type { ControlName, Link } from '../lib/session/link.ts'
import type { Clock, Timer } from '../lib/util/clock.ts'

/** One answer to a poll carries so many messages at the most. */
const MAX_MESSAGES = 32

/** A message on its way to a client that polls; `text` is JSON already. */
interface PolledMessage {
  readonly last: number
  readonly text: string
}

/** One poll that waits: a link that carries what there is, once. */
export class PollLink implements Link {
  readonly kind = 'poll'
  readonly acknowledges = true
  readonly isResumable = true
  readonly #epoch: string
  readonly #messages: PolledMessage[] = []
  readonly #timeout: Timer
  readonly #done: (body: string) => void
  #isClosed = false

  /** @param done called once, with the body of the answer; empty when there is nothing to say */
  constructor (clock: Clock, { epoch, timeoutMs }: { epoch: string, timeoutMs: number }, done: (body: string) => void) {
    this.#epoch = epoch
    this.#done = done
    this.#timeout = clock.after(timeoutMs, () => this.#finish())
  }

  /** More than one answer holds stays in the outbox for the next poll. */
  get bufferedBytes (): number { return this.#messages.length < MAX_MESSAGES ? 0 : Infinity }

  send (text: string, last: number): void {
    if (this.#isClosed) return
    this.#messages.push({ last, text })
    // What is sent in the same turn travels together.
    if (this.#messages.length === 1) setImmediate(() => this.#finish())
  }

  control (_name: ControlName, _data: Readonly<Record<string, unknown>>): void {}

  close (_reason: CloseReason): void {
    this.#finish()
  }

  #finish (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timeout.cancel()
    const items = this.#messages.map(({ last, text }) => `{"id":"${this.#epoch}.${last}","message":${text}}`)
    this.#done(items.length === 0 ? '' : `[${items.join(',')}]`)
  }
}
