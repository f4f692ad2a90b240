import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { CloseReason } from '../lib/protocol/close-codes.ts'
import { encodeNotification } from '../lib/protocol/codec.ts'
import type { ControlName, Link } from '../lib/session/link.ts'
import type { Clock, Timer } from '../lib/util/clock.ts'
import { FrameWriter } from './frame-writer.ts'

/** Fewer bytes than this in the socket, and there is room again: the last ones may be a ping, which nobody waits for. */
const LOW_WATER_BYTES = 16_384

/** A WebSocket as a link. */
export class WebSocketLink implements Link {
  readonly #writer: FrameWriter
  #closing: Timer | null = null
  readonly #socket: WebSocket
  readonly kind = 'websocket'
  readonly acknowledges = true
  readonly isResumable: boolean
  /** Called when bytes that had to wait have left. */
  onDrained: () => void = () => {}
  readonly #clock: Clock
  readonly #closeTimeoutMs: number

  constructor (socket: WebSocket, clock: Clock, { closeTimeoutMs, isResumable }: { closeTimeoutMs: number, isResumable: boolean }) {
    this.#socket = socket
    this.#clock = clock
    this.#closeTimeoutMs = closeTimeoutMs
    this.isResumable = isResumable
    this.#writer = new FrameWriter(socket, streamOf(socket), isResumable ? this.#written : undefined)
  }

  get bufferedBytes (): number { return this.#writer.bufferedBytes }

  send (text: string): void {
    if (this.#closing === null) this.#writer.write(text)
  }

  /** Writes what waits for the end of this turn. */
  flush (): void {
    this.#writer.flush()
  }

  control (name: ControlName, data: Readonly<Record<string, unknown>>): void {
    if (this.isResumable) this.send(encodeNotification(`$/${name}`, data))
  }

  close ({ code, text }: CloseReason): void {
    if (this.#closing !== null || this.#socket.readyState === this.#socket.CLOSED) return
    // A peer that is gone, or that never answers, must not keep its socket.
    this.#closing = this.#clock.after(this.#closeTimeoutMs, () => this.#socket.terminate())
    this.#socket.once('close', () => this.#closing?.cancel())
    this.#writer.flush()
    this.#socket.close(code, text)
  }

  readonly #written = (): void => {
    if (this.#socket.bufferedAmount <= LOW_WATER_BYTES) this.onDrained()
  }
}

/** The stream under a WebSocket, to which `ws` writes its own frames, too. It has no public name. */
export function streamOf (socket: WebSocket): Duplex {
  return (socket as unknown as { _socket: Duplex })._socket
}
