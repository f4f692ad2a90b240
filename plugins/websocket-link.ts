import type { WebSocket } from 'ws'
import type { CloseReason } from '../lib/protocol/close-codes.ts'
import { encodeNotification } from '../lib/protocol/codec.ts'
import type { ControlName, Link } from '../lib/session/link.ts'
import type { Clock, Timer } from '../lib/util/clock.ts'

/** Fewer bytes than this in the socket, and there is room again: the last ones may be a ping, which nobody waits for. */
const LOW_WATER_BYTES = 16_384

/** A WebSocket as a link. */
export class WebSocketLink implements Link {
  readonly kind = 'websocket'
  readonly acknowledges = true
  readonly isResumable: boolean
  /** Called when bytes that had to wait have left. */
  onDrained: () => void = () => {}
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #closeTimeoutMs: number
  #closing: Timer | null = null

  constructor (socket: WebSocket, clock: Clock, { closeTimeoutMs, isResumable }: { closeTimeoutMs: number, isResumable: boolean }) {
    this.#socket = socket
    this.#clock = clock
    this.#closeTimeoutMs = closeTimeoutMs
    this.isResumable = isResumable
  }

  get bufferedBytes (): number { return this.#socket.bufferedAmount }

  send (text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.isResumable) this.#socket.send(text, this.#written)
    else this.#socket.send(text)
  }

  control (name: ControlName, data: Readonly<Record<string, unknown>>): void {
    if (this.isResumable && this.#socket.readyState === this.#socket.OPEN) this.#socket.send(encodeNotification(`$/${name}`, data), this.#written)
  }

  close ({ code, text }: CloseReason): void {
    if (this.#closing !== null || this.#socket.readyState === this.#socket.CLOSED) return
    // A peer that is gone, or that never answers, must not keep its socket.
    this.#closing = this.#clock.after(this.#closeTimeoutMs, () => this.#socket.terminate())
    this.#socket.once('close', () => this.#closing?.cancel())
    this.#socket.close(code, text)
  }

  readonly #written = (): void => {
    if (this.#socket.bufferedAmount <= LOW_WATER_BYTES) this.onDrained()
  }
}
