import { ClientError, refusedBy } from '../client-error.ts'
import type { ResetEvent, WebSocketConstructor, WebSocketLike } from '../options.ts'
import { Acknowledger } from './acknowledger.ts'
import { type Answer, authText, isTokenRefused } from './authenticate.ts'
import type { Carrier, CarrierHost } from './carrier.ts'

const PROTOCOL = 'mse.v1.resume'
const DISCONNECT = '{"jsonrpc":"2.0","method":"disconnect"}'
/** Nobody closed with a code: the connection failed or broke (RFC 6455, section 7.4.1). */
const NOT_CLOSED: readonly number[] = [1005, 1006, 1015]

/** A session over a WebSocket with `mse.v1.resume`. */
export function connectWebSocket (host: CarrierHost): Carrier {
  return new WebSocketCarrier(host)
}

class WebSocketCarrier implements Carrier {
  readonly #host: CarrierHost
  #socket: WebSocketLike | null = null
  #isDropped = false
  /** Up to which number the server has been sent everything; -1 while the link is being made. */
  #sent = -1
  /** The number of the last message that came by this link. */
  #number = 0
  readonly #acknowledger: Acknowledger
  #hasRefused = false
  /** Has a token been sent, and no session come yet? */
  #isMinting = false

  constructor (host: CarrierHost) {
    this.#host = host
    this.#acknowledger = new Acknowledger(host.settings.clock, () => this.#send(`{"jsonrpc":"2.0","method":"$/ack","params":{"received":${this.#number}}}`))
    // Not within the constructor: nobody could be told of a failure yet.
    queueMicrotask(() => this.#begin())
  }

  pump (): void {
    if (this.#sent < 0) return
    for (let entry = this.#host.next(this.#sent); entry !== undefined; entry = this.#host.next(this.#sent)) {
      this.#sent++
      this.#send(entry.text)
    }
  }

  leave (): void {
    this.pump()
    if (this.#sent >= 0) this.#send(DISCONNECT)
  }

  drop (): void {
    this.#isDropped = true
    this.#acknowledger.stop()
    const socket = this.#socket
    if (socket === null) return
    // Otherwise its late success would leave a session that nobody knows of.
    if (this.#isMinting) this.#send(DISCONNECT)
    socket.onopen = socket.onmessage = socket.onclose = null
    // What is closed while it is being made tells an error in Node.
    socket.onerror = () => {}
    if (socket.terminate === undefined) socket.close()
    else socket.terminate()
  }

  #begin (): void {
    if (this.#isDropped) return
    if (this.#host.settings.WebSocket === undefined) this.#fail(new ClientError('link', 'no WebSocket here'), false)
    else if (this.#host.conversation.id === '') this.#withToken('connect', (token) => this.#open(token))
    else this.#open(null)
  }

  #withToken (reason: 'connect' | 'refused', go: (token: string) => void): void {
    this.#host.token(reason).then((token) => { if (!this.#isDropped) go(token) }, (error: ClientError) => this.#fail(error, true))
  }

  #open (token: string | null): void {
    const { WebSocket, url } = this.#host.settings
    let socket: WebSocketLike
    try {
      socket = new (WebSocket as WebSocketConstructor)(url.href.replace(/^http/, 'ws'), [PROTOCOL])
    } catch (cause) {
      // A page of https: may not open ws:, for example.
      return this.#fail(new ClientError('link', 'WebSocket refused', { cause }), false)
    }
    this.#socket = socket
    socket.onopen = () => {
      if (socket.protocol !== PROTOCOL) this.#fail(new ClientError('link', `the server has no ${PROTOCOL}`), false)
      else if (token === null) this.#resume()
      else this.#authenticate(token)
    }
    socket.onmessage = ({ data }: { data: unknown }) => this.#receive(String(data))
    let cause: unknown
    // Node says what it was, browsers do not.
    socket.onerror = ({ error }: { error?: unknown }) => { cause = error }
    socket.onclose = ({ code, reason }: { code: number, reason: string }) =>
      this.#fail(new ClientError('link', reason || 'the connection is gone', { code, cause }), !NOT_CLOSED.includes(code))
  }

  #resume (): void {
    const { id, epoch, received } = this.#host.conversation
    this.#number = received
    this.#host.isAsking = true
    this.#send(JSON.stringify({ jsonrpc: '2.0', id: '$resume', method: '$/resume', params: { session: id, epoch, received } }))
  }

  #receive (text: string): void {
    this.#host.heard()
    let message: Answer | Answer[]
    try {
      message = JSON.parse(text) as Answer | Answer[]
    } catch {
      return this.#fail(new ClientError('link', 'the server sent no JSON'), false)
    }
    if (Array.isArray(message)) return this.#take(message, message.length, text.length)
    const { id, method } = message
    if (typeof method === 'string' && method.startsWith('$/')) this.#control(method.slice(2), message.params)
    else if (id === '$auth') this.#authenticated(message)
    else if (id === '$resume') this.#resumed(message)
    else if (this.#sent >= 0) this.#take(message, 1, text.length)
    // Only the server's own "no" comes before a session has begun.
    else if (message.error !== undefined) this.#fail(refusedBy(message.error), true)
  }

  #control (name: string, params: unknown): void {
    const data = (params ?? {}) as { session: string, epoch: string, maxMessageBytes: number, received: number }
    if (name === 'ack') this.#host.settle(data.received)
    else if (name !== 'session') this.#host.control(name, data)
    else if (this.#sent < 0) {
      this.#number = 0
      this.#host.minted(data.session, data.epoch, data.maxMessageBytes)
      this.#opened(0)
    }
  }

  /** What an `auth` is answered; the session itself is told of beside it. */
  #authenticated ({ error }: Answer): void {
    if (error === undefined) return
    if (this.#hasRefused || !isTokenRefused(error)) return this.#fail(refusedBy(error), true)
    this.#hasRefused = true
    this.#withToken('refused', (token) => this.#authenticate(token))
  }

  #resumed ({ result, error }: Answer): void {
    if (error !== undefined) return this.#fail(refusedBy(error), true)
    const { resumed, received, reason } = result as { resumed: boolean, received: number, reason: ResetEvent['reason'] }
    if (resumed) this.#opened(received)
    else if (this.#host.reset(reason)) this.#withToken('connect', (token) => this.#authenticate(token))
  }

  #authenticate (token: string): void {
    this.#isMinting = true
    this.#send(authText(token))
  }

  #opened (received: number): void {
    this.#sent = received
    this.#isMinting = false
    this.#host.opened(received)
  }

  #take (message: unknown, count: number, length: number): void {
    this.#number += count
    this.#host.take(message, this.#number)
    this.#acknowledger.took(count, length)
  }

  #send (text: string): void {
    if (this.#socket?.readyState === 1) this.#socket.send(text)
  }

  #fail (error: ClientError, answered: boolean): void {
    if (this.#isDropped) return
    this.drop()
    this.#host.fail(error, answered)
  }
}
