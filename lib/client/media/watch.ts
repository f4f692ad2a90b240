import type { Timer } from '../../util/clock.ts'
import type { PeerConnectionLike } from './dom.ts'
import type { LegHost } from './leg.ts'

const MAX_PAUSE_MS = 20_000

/** Tells while a connection stays failed or disconnected: after a grace, then at growing intervals. */
export class Watch {
  readonly #connection: PeerConnectionLike
  readonly #host: LegHost
  readonly #graceMs: number
  readonly #onTrouble: (tries: number) => void
  #timer: Timer | null = null
  #tries = 0

  /**
   * @param graceMs most interruptions mend themselves: so long one is given the time
   * @param onTrouble told how often, since the connection was last well
   */
  constructor (connection: PeerConnectionLike, host: LegHost, graceMs: number, onTrouble: (tries: number) => void) {
    this.#connection = connection
    this.#host = host
    this.#graceMs = graceMs
    this.#onTrouble = onTrouble
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
    if (!this.isTroubled || !this.#host.canMend) return
    // ICE has given up: there is nothing to wait for.
    if (connectionState === 'failed' && this.#tries === 0) this.#wait(0)
    else if (this.#timer === null) this.#wait(this.#graceMs)
  }

  stop (): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#tries = 0
  }

  #wait (ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#host.clock.after(ms, () => this.#fire())
  }

  #fire (): void {
    this.#timer = null
    // It goes on when signalling is back, see `look`.
    if (this.#connection.connectionState === 'connected' || !this.#host.canMend) return
    this.#tries++
    this.#wait(Math.min(MAX_PAUSE_MS, this.#graceMs * 2 ** this.#tries))
    this.#onTrouble(this.#tries)
  }
}
