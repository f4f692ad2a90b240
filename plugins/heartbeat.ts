import type { WebSocket } from 'ws'
import type { Clock, Timer } from '../lib/util/clock.ts'
import type { WebSocketTimes } from './options.ts'

/** Pings are spread by so much, so that thousands of sockets that were opened at once are not pinged at once. */
const SPREAD = 0.1

/** Node keeps one list of timers for each duration: a few of them, not one for each socket. */
const STEPS = 40

/** Pings a socket and calls `dead` once when no pong comes. */
export class Heartbeat {
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #times: WebSocketTimes
  readonly #dead: () => void
  #timer: Timer

  constructor (socket: WebSocket, clock: Clock, times: WebSocketTimes, dead: () => void) {
    this.#socket = socket
    this.#clock = clock
    this.#times = times
    this.#dead = dead
    socket.on('pong', this.#alive)
    this.#timer = this.#rest()
  }

  stop (): void {
    this.#socket.off('pong', this.#alive)
    this.#timer.cancel()
  }

  #rest (): Timer {
    const step = Math.round(Math.random() * STEPS) / STEPS
    return this.#clock.after(this.#times.pingIntervalMs * (1 - SPREAD + 2 * SPREAD * step), this.#ask)
  }

  readonly #ask = (): void => {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping()
    const { pongTimeoutMs } = this.#times
    const dueAt = this.#clock.now() + pongTimeoutMs
    // A process that was stopped runs its timers before it reads its sockets: the pong may be waiting there.
    this.#timer = this.#clock.after(pongTimeoutMs, () => { this.#clock.now() - dueAt > pongTimeoutMs ? this.#ask() : this.#dead() })
  }

  readonly #alive = (): void => {
    this.#timer.cancel()
    this.#timer = this.#rest()
  }
}
