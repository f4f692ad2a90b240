/** What a publisher's rate depends on; losses as fractions of 1. */
export interface RateInput {
  /** Lost between the publisher and the engine. */
  readonly upLoss: number
  /** Lost between the engine and the receiver that loses most. */
  readonly downLoss: number
  /** What arrives from the publisher now, in bits per second. */
  readonly receivedBitrate: number
}

/** Above this loss the rate falls, below the other it grows; between them it stays (as in draft-ietf-rmcat-gcc, section 6). */
const LOSS = { high: 0.1, low: 0.02 } as const

/**
 * What a publisher is told to send (REMB), once a second. werift has no bandwidth estimation that works, so the rate follows the loss
 * that both ends report: a poor link gets a poorer picture instead of a frozen one. The worst receiver decides for all of them.
 */
export class RateControl {
  readonly #min: number
  readonly #max: number
  #bitrate: number

  /** Both in bits per second. */
  constructor (min: number, max: number) {
    this.#min = min
    this.#max = max
    this.#bitrate = max
  }

  /** @returns bits per second */
  update (input: RateInput): number {
    const loss = Math.max(input.upLoss, input.downLoss)
    if (loss > LOSS.high) this.#bitrate = Math.min(this.#bitrate, Math.max(input.receivedBitrate, this.#min)) * (1 - loss / 2)
    else if (loss < LOSS.low) this.#bitrate = this.#bitrate * 1.08 + 1_000
    this.#bitrate = Math.round(Math.min(this.#max, Math.max(this.#min, this.#bitrate)))
    return this.#bitrate
  }
}
