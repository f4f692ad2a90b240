import type { Timer } from '../util/clock.ts'
import { ClientError } from './client-error.ts'
import type { Conversation } from './conversation.ts'
import type { ResetEvent, TokenReason, TransportName } from './options.ts'
import type { Entry } from './outgoing.ts'
import type { Settings } from './settings.ts'
import type { Carrier, CarrierHost, Connect } from './transports/carrier.ts'
import { Watchdog } from './watchdog.ts'

/** What an attempt has from its client: the options, the session, and where messages go. */
export interface AttemptHost {
  readonly settings: Settings
  readonly conversation: Conversation
  token (reason: TokenReason): Promise<string>
  minted (): void
  take (message: unknown, last: number): void
  next (number: number): Entry | undefined
  tooBig (number: number): void
  control (name: string, data: unknown): void
  /** Has the server answer something. */
  ask (): void
}

/** Who is told what becomes of an attempt. */
export interface AttemptListener {
  /** Is another attempt about to have the session? */
  isMoving (): boolean
  opened (attempt: Attempt): void
  /** @returns may the attempt go on with a fresh session? */
  reset (attempt: Attempt, reason: ResetEvent['reason']): boolean
  failed (attempt: Attempt, error: ClientError, answered: boolean): void
}

/** One try of one transport, from the first byte to the last. */
export class Attempt implements CarrierHost {
  readonly name: TransportName
  isAsking = false
  readonly #host: AttemptHost
  readonly #listener: AttemptListener
  readonly #carrier: Carrier
  #isOver = false
  #openTimer: Timer | null = null
  #watchdog: Watchdog | null = null

  constructor (name: TransportName, connect: Connect, host: AttemptHost, listener: AttemptListener) {
    this.name = name
    this.#host = host
    this.#listener = listener
    this.#awaitOpen()
    this.#carrier = connect(this)
  }

  get settings (): Settings { return this.#host.settings }
  get isMoving (): boolean { return this.#listener.isMoving() }
  get conversation (): Conversation { return this.#host.conversation }
  get isOpen (): boolean { return this.#watchdog !== null }

  pump (): void { this.#carrier.pump() }
  leave (): void { this.#carrier.leave() }

  /** Is it still alive? @param withinMs how long it has to show it */
  check (withinMs: number): void {
    this.#watchdog?.check(withinMs)
  }

  /** Late successes are of no use any more. Idempotent. */
  drop (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#openTimer?.cancel()
    this.#watchdog?.stop()
    this.#carrier.drop()
  }

  /** The time that the application takes for a token is its own. */
  async token (reason: TokenReason): Promise<string> {
    this.#openTimer?.cancel()
    const token = await this.#host.token(reason)
    if (!this.isOpen) this.#awaitOpen()
    return token
  }

  minted (id: string, epoch: string, maxMessageBytes?: number): void {
    const { conversation } = this
    conversation.id = id
    conversation.epoch = epoch
    if (maxMessageBytes !== undefined) conversation.maxMessageBytes = maxMessageBytes
    this.#host.minted()
  }

  opened (received: number): void {
    if (this.#isOver) return
    this.#openTimer?.cancel()
    const { clock, silenceMs, aliveTimeoutMs } = this.settings
    this.#watchdog ??= new Watchdog({
      clock,
      silenceMs,
      aliveTimeoutMs,
      ask: () => this.#host.ask(),
      dead: () => this.fail(new ClientError('link', 'no sign of life'), false)
    })
    this.settle(received)
    this.#listener.opened(this)
  }

  heard (): void {
    if (!this.#isOver) this.#watchdog?.heard()
  }

  take (message: unknown, last: number): void {
    if (!this.#isOver) this.#host.take(message, last)
  }

  settle (received: number): void {
    this.conversation.outgoing.settle(received)
  }

  next (number: number): Entry | undefined {
    return this.#isOver ? undefined : this.#host.next(number)
  }

  tooBig (number: number): void {
    this.#host.tooBig(number)
  }

  control (name: string, data: unknown): void {
    if (!this.#isOver) this.#host.control(name, data)
  }

  reset (reason: ResetEvent['reason']): boolean {
    if (this.#isOver || !this.#listener.reset(this, reason)) return false
    // It has to open once more.
    this.#watchdog?.stop()
    this.#watchdog = null
    this.#awaitOpen()
    return true
  }

  fail (error: ClientError, answered: boolean): void {
    if (this.#isOver) return
    this.drop()
    this.#listener.failed(this, error, answered)
  }

  #awaitOpen (): void {
    if (this.#isOver) return
    this.#openTimer?.cancel()
    const { clock, openTimeoutMs } = this.settings
    this.#openTimer = clock.after(openTimeoutMs, () => this.fail(new ClientError('link', `no word by ${this.name} in ${openTimeoutMs} ms`), false))
  }
}
