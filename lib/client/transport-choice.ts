import type { TransportName } from './options.ts'

/** What worked last, by the address: the next client of the page begins with it. */
const remembered = new Map<string, TransportName>()

/** Attempts of what has worked before that fail in a row until others are tried, too. */
const LOYAL_ATTEMPTS = 2

/** Says which transport to try next. */
export interface Choice {
  readonly next: TransportName
  won (name: TransportName): void
  /**
   * The present one did not get through.
   * @returns whether to try the next one at once
   */
  lost (): boolean
}

/** What has worked comes first. */
export class TransportChoice implements Choice {
  readonly #address: string
  readonly #order: readonly TransportName[]
  #winner: TransportName | null = null
  /** Attempts in a row that something on the way has failed. */
  #failed = 0

  constructor (address: string, order: readonly TransportName[]) {
    this.#address = address
    const first = remembered.get(address)
    this.#order = first !== undefined && order.includes(first) ? [first, ...order.filter((name) => name !== first)] : order
  }

  get next (): TransportName {
    const { length } = this.#order
    if (this.#winner === null) return this.#order[this.#failed % length] as TransportName
    const others = this.#order.filter((name) => name !== this.#winner)
    const turn = this.#failed - LOYAL_ATTEMPTS
    if (others.length === 0 || turn < 0 || turn % 2 === 1) return this.#winner
    return others[turn / 2 % others.length] as TransportName
  }

  won (name: TransportName): void {
    this.#winner = name
    this.#failed = 0
    remembered.set(this.#address, name)
  }

  /**
   * As long as none has ever got through, all are tried in one go; afterwards the server is more likely to be down, and three
   * attempts at a time would hinder it from coming back.
   */
  lost (): boolean {
    this.#failed++
    return this.#winner === null && this.#failed % this.#order.length !== 0
  }
}

/** For tests: what one of them has learned must not lead the next. */
export function forgetTransports (): void {
  remembered.clear()
}
