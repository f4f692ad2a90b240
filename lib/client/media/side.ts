import type { Timer } from '../../util/clock.ts'
import type { CandidateLike, PeerConnectionLike } from './dom.ts'
import type { LegHost } from './leg.ts'
import { attribute } from './sdp-sections.ts'

const MAX_PAUSE_MS = 20_000

/** What the sending and the receiving connection have in common: descriptions one by one, candidates of ours, and somebody who looks after them. */
export abstract class Side {
  readonly connection: PeerConnectionLike
  protected readonly host: LegHost
  readonly #graceMs: number
  #steps = Promise.resolve()
  #timer: Timer | null = null
  #tries = 0

  /** @param graceMs most interruptions mend themselves: so long one is given the time */
  constructor (connection: PeerConnectionLike, host: LegHost, graceMs: number) {
    this.connection = connection
    this.host = host
    this.#graceMs = graceMs
    connection.addEventListener('connectionstatechange', () => this.look())
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) host.sendCandidate(candidate.toJSON() as CandidateLike)
      // Browsers tell the end once as an empty candidate and once as null: one of them is enough.
      if (candidate === null) host.sendCandidate({ candidate: '', sdpMLineIndex: 0, usernameFragment: attribute(connection.localDescription?.sdp ?? '', 'ice-ufrag') ?? null })
    })
  }

  /** Looks at the connection, which may have changed; or something may be possible that was not. */
  look (): void {
    const { connectionState } = this.connection
    if (connectionState === 'connected') this.#rest()
    if (!/failed|disconnected/.test(connectionState)) return
    // ICE has given up: there is nothing to wait for.
    if (connectionState === 'failed' && this.#tries === 0) this.#wait(0)
    else if (this.#timer === null) this.#wait(this.#graceMs)
  }

  close (): void {
    this.#rest()
    this.connection.close()
  }

  /** Steps are taken strictly one after the other; when one fails, only another leg can help. */
  protected enqueue (step: () => Promise<void>): void {
    this.#steps = this.#steps.then(step).catch((error) => this.host.lost(error))
  }

  /**
   * The connection stays failed or disconnected.
   * @param tries how often this has been told since it was last well; at growing intervals
   */
  protected abstract trouble (tries: number): void

  #rest (): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#tries = 0
  }

  #wait (ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.host.clock.after(ms, () => this.#fire())
  }

  #fire (): void {
    this.#timer = null
    // It goes on when signalling is back, see `look`.
    if (this.connection.connectionState === 'connected' || !this.host.canMend) return
    this.#tries++
    this.#wait(Math.min(MAX_PAUSE_MS, this.#graceMs * 2 ** this.#tries))
    this.trouble(this.#tries)
  }
}
