import type { ServerResponse } from 'node:http'
import { type CloseReason, CLOSE_CODES, mayReconnect } from '../lib/protocol/close-codes.ts'
import type { ControlName, Link } from '../lib/session/link.ts'
import type { Clock, Timer } from '../lib/util/clock.ts'

/** A stream of server-sent events as a link. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventsLink implements Link {
  readonly kind = 'events'
  readonly acknowledges = false
  readonly isResumable = true
  /** Called when nothing has left between two signs of life, although something waits: the peer is gone, or does not read. */
  onStuck: () => void = () => {}
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #epoch: string
  readonly #heartbeatMs: number
  #heartbeat: Timer | null = null
  #isClosed = false
  /** Has anything left since the last sign of life? */
  #hasMoved = true

  constructor (response: ServerResponse, clock: Clock, { epoch, heartbeatMs }: { epoch: string, heartbeatMs: number }) {
    this.#response = response
    this.#clock = clock
    this.#epoch = epoch
    this.#heartbeatMs = heartbeatMs
    this.#beat()
  }

  get bufferedBytes (): number { return this.#response.writableLength }

  /** One line of JSON: JSON.stringify has escaped every line break, so nothing in a message can look like a field. */
  send (text: string, last: number): void {
    this.#write(`id: ${this.#epoch}.${last}\ndata: ${text}\n\n`)
  }

  control (name: ControlName, data: Readonly<Record<string, unknown>>): void {
    if (name === 'drain' || name === 'authExpiring') this.event(name, data)
  }

  /** A named event. @param number makes it the position to which the client returns */
  event (name: string, data: Readonly<Record<string, unknown>>, number?: number): void {
    const id = number === undefined ? '' : `id: ${this.#epoch}.${number}\n`
    this.#write(`event: ${name}\n${id}data: ${JSON.stringify(data)}\n\n`)
  }

  close ({ code }: CloseReason): void {
    if (this.#isClosed) return
    if (code === CLOSE_CODES.ended || !mayReconnect(code)) this.event('end', { code })
    this.#isClosed = true
    this.#heartbeat?.cancel()
    this.#response.end()
    // A peer that reads nothing would keep the socket for as long as it likes.
    if (this.#response.writableLength > 0) this.#clock.after(CLOSE_TIMEOUT_MS, () => this.#response.destroy())
  }

  /** A comment would do for proxies, but a watchdog in the page cannot see one. */
  #beat (): void {
    this.#heartbeat = this.#clock.after(this.#heartbeatMs, () => {
      if (!this.#hasMoved && this.#response.writableLength > 0) return this.onStuck()
      this.#hasMoved = false
      this.event('ping', {})
      this.#beat()
    })
  }

  #write (text: string): void {
    if (!this.#isClosed && !this.#response.destroyed) this.#response.write(text, this.#moved)
  }

  readonly #moved = (): void => { this.#hasMoved = true }
}

const CLOSE_TIMEOUT_MS = 1_000
