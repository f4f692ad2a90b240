/** A small client for tests: one session, its position in both directions, and a face that may change at every reconnect. */
import { Outgoing } from './face-client-outgoing.ts'
import { runEvents, runPoll } from './face-client-http.ts'
import { runWebSocket } from './face-client-websocket.ts'
import type { Random } from './fault-proxy.ts'

/** How a session travels. */
export type FaceName = 'websocket' | 'events' | 'poll'

/** A message as a test looks at it. */
export interface Frame {
  readonly id?: string | number | null
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: unknown
  readonly error?: { readonly code: number, readonly message: string, readonly data?: unknown }
}

export interface FaceClientOptions {
  /** `http://host:port/mse`, by which the session travels. */
  readonly url: string
  /** Where the session is minted: not through a proxy that breaks it. @default url */
  readonly directUrl?: string
  readonly token: string
  /** The face of each life of the link, counted from 0. */
  readonly face: (life: number) => FaceName
  /** Are answers to a POST to come downstream? Asked for each body. @default always */
  readonly respondAsync?: () => boolean
  readonly random: Random
  /** A message that the server sent, once and in order if all is well. */
  readonly onMessage: (frame: Frame) => void
  /** Something that the client must never be told: a reset, a gap in the numbers. */
  readonly onFault: (fault: string) => void
  /** Another life of the link is over. */
  readonly onBreak?: () => void
}

/** Reconnects are spread over so many milliseconds. */
const BACKOFF_MS = 10

interface PendingCall {
  readonly resolve: (frame: Frame) => void
}

/** What a face sees of its client. */
export class FaceClient {
  readonly options: FaceClientOptions
  readonly outgoing: Outgoing
  session = ''
  epoch = ''
  /** The client has everything up to this number. */
  received = 0
  /** Reconnects, the first connect not counted. */
  breaks = 0
  /** Called by the client when there is something new to send; set by the face that is at work. */
  wake: () => void = () => {}
  readonly #calls = new Map<number, PendingCall>()
  readonly #abort = new AbortController()
  #whenSettled: Array<() => void> = []
  #callId = 0
  #done: Promise<void> = Promise.resolve()

  constructor (options: FaceClientOptions) {
    this.options = options
    this.outgoing = new Outgoing(options.random, options.respondAsync ?? (() => true), (id) => this.#calls.has(id))
  }

  get isStopped (): boolean { return this.#abort.signal.aborted }
  get stopping (): AbortSignal { return this.#abort.signal }
  /** Messages that the server may not have. */
  get open (): number { return this.outgoing.open }
  get callsInFlight (): number { return this.#calls.size }

  /** Mints the session with a POST, then keeps it connected until `stop`. */
  async start (): Promise<void> {
    const { directUrl, url, token } = this.options
    const response = await fetch(directUrl ?? url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'auth', params: { token, version: '1.0' } })
    })
    await response.text()
    this.session = response.headers.get('mse-session') ?? ''
    this.epoch = response.headers.get('mse-epoch') ?? ''
    if (this.session === '') throw new Error(`auth was answered with ${response.status}`)
    this.#done = this.#live()
  }

  async stop (): Promise<void> {
    this.#abort.abort()
    await this.#done
  }

  /** Sends a notification. */
  tell (method: string, params: object): void {
    this.outgoing.add(JSON.stringify({ jsonrpc: '2.0', id: null, method, params }), null)
    this.wake()
  }

  /** Sends a request; resolves with its answer. */
  call (method: string, params: object): Promise<Frame> {
    const id = ++this.#callId
    return new Promise((resolve) => {
      this.#calls.set(id, { resolve })
      this.outgoing.add(JSON.stringify({ jsonrpc: '2.0', id, method, params }), id)
      this.wake()
    })
  }

  /** Resolves when one more message has certainly reached the server. */
  progress (): Promise<void> {
    return new Promise((resolve) => { this.#whenSettled.push(resolve) })
  }

  /** The server has everything up to `received`. */
  settle (received: number): void {
    if (received > this.outgoing.top) this.options.onFault(`the server has ${received} messages, but ${this.outgoing.top} were sent`)
    this.outgoing.settle(received)
    for (const resolve of this.#whenSettled.splice(0)) resolve()
  }

  /**
   * Takes one text of the numbered stream.
   * @param last its number where the face carries one; otherwise it is the next
   */
  take (value: Frame | Frame[], last?: number): void {
    const frames = Array.isArray(value) ? value : [value]
    if (last !== undefined && last <= this.received) return // sent again: the position was not known to the server yet
    if (last !== undefined && last - frames.length !== this.received) this.options.onFault(`after ${this.received} came ${last}`)
    this.received = last ?? this.received + frames.length
    for (const frame of frames) this.#deliver(frame)
  }

  /** Takes the answers in the body of a POST. */
  takeAnswers (value: Frame | Frame[]): void {
    for (const frame of Array.isArray(value) ? value : [value]) if (this.#calls.has(frame.id as number)) this.#deliver(frame)
  }

  #deliver (frame: Frame): void {
    if (frame.method !== undefined) return this.options.onMessage(frame)
    const pending = this.#calls.get(frame.id as number)
    if (pending === undefined) return this.options.onFault(`an answer to nothing: ${JSON.stringify(frame)}`)
    this.#calls.delete(frame.id as number)
    pending.resolve(frame)
  }

  async #live (): Promise<void> {
    const run = { websocket: runWebSocket, events: runEvents, poll: runPoll }
    for (let life = 0; !this.isStopped; life++) {
      await run[this.options.face(life)](this)
      this.wake = () => {}
      if (this.isStopped) return
      this.breaks++
      this.options.onBreak?.()
      await this.backoff()
    }
  }

  /** A client's own pause between two tries. */
  backoff (): Promise<void> {
    return new Promise((resolve) => { setTimeout(resolve, Math.floor(this.options.random() * BACKOFF_MS)) })
  }
}
