import type { WebSocket } from 'ws'
import type { CloseReason } from '../lib/protocol/close-codes.ts'
import type { Link } from '../lib/session/link.ts'
import type { Clock, Timer } from '../lib/util/clock.ts'

/** A WebSocket as a link. */
export class WebSocketLink implements Link {
  readonly kind = 'websocket'
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #closeTimeoutMs: number
  #closing: Timer | null = null

  constructor (socket: WebSocket, clock: Clock, closeTimeoutMs: number) {
    this.#socket = socket
    this.#clock = clock
    this.#closeTimeoutMs = closeTimeoutMs
  }

  get bufferedBytes (): number { return this.#socket.bufferedAmount }

  send (text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text)
  }

  close ({ code, text }: CloseReason): void {
    if (this.#closing !== null || this.#socket.readyState === this.#socket.CLOSED) return
    // A peer that is gone, or that never answers, must not keep its socket.
    this.#closing = this.#clock.after(this.#closeTimeoutMs, () => this.#socket.terminate())
    this.#socket.once('close', () => this.#closing?.cancel())
    this.#socket.close(code, text)
  }
}
