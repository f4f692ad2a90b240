import { encodeCall, encodeNotification } from '../protocol/codec.ts'
import type { ErrorObject } from '../protocol/message.ts'
import type { Timer } from '../util/clock.ts'
import { TokenBucket } from '../util/token-bucket.ts'
import type { CallOptions, ClientEvents, SignallingClient, Target } from './api.ts'
import { ClientError } from './client-error.ts'
import { Conversation } from './conversation.ts'
import { Emitter } from './emitter.ts'
import { type KeeperHost, LinkKeeper } from './link-keeper.ts'
import type { ClientOptions, ClientState, ResetEvent, StateEvent, TokenReason, TransportName } from './options.ts'
import type { Entry } from './outgoing.ts'
import { Pending } from './pending.ts'
import { type Settings, settingsOf } from './settings.ts'
import { TokenKeeper } from './token-keeper.ts'
import { type Choice, TransportChoice } from './transport-choice.ts'
import { connectEvents } from './transports/events.ts'
import { connectPoll } from './transports/poll.ts'
import { connectWebSocket } from './transports/websocket.ts'
import { watchPage } from './page.ts'

const CONNECTORS = { websocket: connectWebSocket, events: connectEvents, poll: connectPoll }

/** What a link brings. */
interface Incoming {
  readonly id?: unknown
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: ErrorObject
}

/** One session, whatever carries it. */
export class Client implements SignallingClient {
  readonly #settings: Settings
  readonly #events = new Emitter()
  /** By the method's name. */
  readonly #notifications = new Emitter()
  readonly #pending = new Pending()
  readonly #tokens: TokenKeeper
  readonly #keeper: LinkKeeper
  readonly #bucket: TokenBucket
  readonly #unwatch: () => void
  #conversation = new Conversation()
  #state: ClientState = 'connecting'
  #hadSession = false
  #lastId = 0
  #paced: Timer | null = null
  #closing: Promise<void> | null = null

  /** @param choice what to try next; a parameter for tests */
  constructor (options: ClientOptions, choice?: Choice) {
    this.#settings = settingsOf(options)
    const { clock, messagesPerSecond, getToken, url, transports } = this.#settings
    this.#bucket = new TokenBucket(messagesPerSecond, Math.max(1, 2 * messagesPerSecond), clock)
    this.#tokens = new TokenKeeper({ clock, getToken, present: (token) => this.call('auth', { token, version: '1.0' }) })
    this.#keeper = new LinkKeeper(choice ?? new TransportChoice(url.href, transports), CONNECTORS, this.#host())
    this.#unwatch = watchPage(this.#keeper)
    this.#keeper.start()
  }

  get state (): ClientState { return this.#state }
  get transport (): TransportName | null { return this.#keeper.transport }
  get bufferedBytes (): number { return this.#conversation.outgoing.bytes }

  call<T extends Target> (target: T, ...[params, options = {}]: [params?: unknown, options?: CallOptions]): Promise<never> {
    const { timeoutMs = this.#settings.callTimeoutMs, signal } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw aborted(signal)
      const entry = this.#enqueue(nameOf(target), params, ++this.#lastId)
      const give = (error: ClientError): void => {
        this.#conversation.outgoing.cancel(entry)
        this.#pending.reject(entry.id as number, error)
      }
      const timer = timeoutMs === 0 ? null : this.#settings.clock.after(timeoutMs, () => give(new ClientError('timeout', `${entry.method} was not answered in ${timeoutMs} ms`)))
      const onAbort = (): void => give(aborted(signal))
      signal?.addEventListener('abort', onAbort)
      const free = (): void => {
        timer?.cancel()
        signal?.removeEventListener('abort', onAbort)
      }
      this.#pending.add({ entry, resolve: resolve as (result: unknown) => void, reject, free })
      this.#keeper.pump()
    })
  }

  notify<T extends Target> (target: T, ...[params]: [params?: unknown]): void {
    this.#enqueue(nameOf(target), params, null)
    this.#keeper.pump()
  }

  on (target: keyof ClientEvents | Target, listener: (event: never) => void): () => void {
    const isOwn = typeof target === 'string' && Object.hasOwn(OWN_EVENTS, target)
    return (isOwn ? this.#events : this.#notifications).on(nameOf(target as Target), listener)
  }

  close (): Promise<void> {
    this.#closing ??= this.#close(null)
    return this.#closing
  }

  [Symbol.asyncDispose] (): Promise<void> {
    return this.close()
  }

  /** @throws ClientError when it cannot be sent, ever */
  #enqueue (method: string, params: unknown, id: number | null): Entry {
    if (this.#state === 'closed') throw new ClientError('closed', 'the client is closed')
    const entry = entryOf(method, params, id)
    const { bytes } = entry
    const { outgoing, maxMessageBytes } = this.#conversation
    if (bytes > maxMessageBytes) throw new ClientError('tooBig', `${method} has ${bytes} bytes, the server takes ${maxMessageBytes}`)
    if (outgoing.bytes + bytes > this.#settings.maxQueuedBytes) throw new ClientError('full', `more than ${this.#settings.maxQueuedBytes} bytes wait to be sent`)
    outgoing.add(entry)
    return entry
  }

  #host (): KeeperHost {
    const client = this
    return {
      settings: this.#settings,
      get conversation () { return client.#conversation },
      token: (reason: TokenReason) => this.#tokens.get(reason),
      minted: () => this.#minted(),
      take: (message, last) => this.#take(message as Incoming | Incoming[], last),
      next: (number) => this.#next(number),
      tooBig: (number) => this.#tooBig(number),
      control: (name, data) => this.#control(name, data),
      ask: () => { if (this.#state === 'open') this.call('ping').catch(() => {}) },
      changed: (event) => this.#changed(event),
      lost: (reason) => this.#lost(reason),
      gaveUp: (error) => { this.#closing ??= this.#close(error) }
    }
  }

  /** Each message once, whatever a link repeats. */
  #take (message: Incoming | Incoming[], last: number): void {
    if (last <= this.#conversation.received || this.#state === 'closed') return
    this.#conversation.received = last
    for (const { id, method, params, result, error } of Array.isArray(message) ? message : [message]) {
      if (method === undefined) this.#pending.settle(id, result, error)
      else this.#tell(method, params ?? {})
    }
  }

  #tell (method: string, params: unknown): void {
    this.#notifications.emit(method, params)
    this.#events.emit('notification', { method, params })
  }

  /** No faster than the server takes it: what it gets too fast it drops. */
  #next (number: number): Entry | undefined {
    const { outgoing, maxMessageBytes } = this.#conversation
    if (!outgoing.has(++number)) return undefined
    const waitMs = this.#bucket.take()
    if (waitMs === 0) {
      // It was written down before the server said how long it may be.
      if (Number(outgoing.write(number)?.bytes) > maxMessageBytes) this.#tooBig(number)
      return outgoing.write(number)
    }
    this.#paced ??= this.#settings.clock.after(waitMs, () => {
      this.#paced = null
      this.#keeper.pump()
    })
    return undefined
  }

  #tooBig (number: number): void {
    const entry = this.#conversation.outgoing.giveUp(number)
    if (typeof entry?.id === 'number') this.#pending.reject(entry.id, new ClientError('tooBig', `${entry.method} is too long for the way`, { code: 413 }))
  }

  #control (name: string, data: unknown): void {
    if (name === 'authExpiring') this.#tokens.expiring()
    else if (name === 'drain') this.#events.emit('drain', data)
  }

  #minted (): void {
    const fresh = this.#hadSession
    this.#hadSession = true
    this.#events.emit('session', { fresh })
  }

  /** What was never written goes on in the fresh session, what was may have run. */
  #lost (reason: ResetEvent['reason']): void {
    const { outgoing } = this.#conversation
    const { uncertain, unwritten } = outgoing.split()
    this.#conversation = new Conversation(unwritten)
    this.#pending.rejectAll(() => new ClientError('lost', `the session could not be kept: ${reason}`), (entry) => !unwritten.includes(entry))
    const notifications = uncertain.filter(({ id }) => id === null).map(({ method, params }) => ({ method, params }))
    this.#events.emit('reset', { reason, uncertain: notifications })
  }

  #changed (event: StateEvent): void {
    if (this.#state === 'closed') return
    this.#state = event.state
    this.#events.emit('state', event)
  }

  async #close (failure: ClientError | null): Promise<void> {
    // However much waits already.
    if (failure === null) this.#conversation.outgoing.add(entryOf('disconnect', undefined, null))
    this.#changed({ state: 'closed', transport: null, ...(failure === null ? {} : { failure }) })
    this.#unwatch()
    this.#tokens.stop()
    this.#pending.rejectAll(() => new ClientError('closed', 'the client is closed', { cause: failure ?? undefined }))
    await this.#keeper.stop()
    this.#paced?.cancel()
  }
}

const OWN_EVENTS: Readonly<Record<keyof ClientEvents, true>> = { state: true, session: true, reset: true, drain: true, notification: true }

function nameOf (target: Target): string {
  return typeof target === 'string' ? target : target.name
}

function entryOf (method: string, params: unknown, id: number | null): Entry {
  const text = id === null ? encodeNotification(method, params as object, 'omit') : encodeCall(id, method, params as object)
  return { method, params, id, text, bytes: new TextEncoder().encode(text).length }
}

function aborted (signal: AbortSignal | undefined): ClientError {
  return new ClientError('aborted', 'the call was given up', { cause: signal?.reason })
}
