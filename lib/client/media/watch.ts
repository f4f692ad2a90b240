import type { Clock, Timer } from '../../util/clock.ts'
import type { PeerConnectionLike } from './dom.ts'

const MAX_PAUSE_MS = 20_000

/** What a {@link Watch} needs. */
export interface WatchOptions {
  readonly clock: Clock
  /** Most interruptions mend themselves: so long one is given the time. */
  readonly graceMs: number
  /** Can anything be done at the moment? Without signalling nothing can. */
  readonly canMend: () => boolean
  /** @param tries from 1, since the connection was last well */
  readonly onTrouble: (tries: number) => void
}

/** Tells while a connection stays failed or disconnected: after a grace, then at growing intervals. */
export class Watch {
  readonly #connection: PeerConnectionLike
  readonly #options: WatchOptions
  #timer: Timer | null = null
  #tries = 0

  constructor (connection: PeerConnectionLike, options: WatchOptions) {
    this.#connection = connection
    this.#options = options
    connection.addEventListener('connectionstatechange', () => this.look())
  }

  get isTroubled (): boolean {
    const { connectionState } = this.#connection
    return connectionState === 'failed' || connectionState === 'disconnected'
  }

  /** Looks at the connection, which may have changed; or something may be possible that was not. */
  look (): void {
    const { connectionState } = this.#connection
    if (connectionState === 'connected' || connectionState === 'closed') this.stop()
    if (!this.isTroubled || !this.#options.canMend()) return
    // ICE has given up: there is nothing to wait for.
    if (connectionState === 'failed' && this.#tries === 0) this.#wait(0)
    else if (this.#timer === null) this.#wait(this.#options.graceMs)
  }

  stop (): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#tries = 0
  }

  #wait (ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(ms, () => this.#fire())
  }

  #fire (): void {
    this.#timer = null
    // It goes on when signalling is back, see `look`.
    if (this.#connection.connectionState === 'connected' || !this.#options.canMend()) return
    this.#tries++
    this.#wait(Math.min(MAX_PAUSE_MS, this.#options.graceMs * 2 ** this.#tries))
    this.#options.onTrouble(this.#tries)
  }
}
