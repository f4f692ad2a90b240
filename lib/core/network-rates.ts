import type { Clock } from '../util/clock.ts'
import { isLocalNetwork, networkOf } from '../util/network.ts'
import { TokenBucket } from '../util/token-bucket.ts'

/** Networks that are remembered at the most; the one that was last seen longest ago is forgotten first. */
const MAX_REMEMBERED = 10_000

/** One token bucket for each network that clients come from: for what a session cannot count, because there is none yet. */
export class NetworkRates {
  readonly #perSecond: number
  readonly #burst: number
  readonly #clock: Clock
  readonly #countLocal: boolean
  readonly #buckets = new Map<string, TokenBucket>()

  /** @param countLocal are local networks counted, too? */
  constructor (perSecond: number, burst: number, clock: Clock, countLocal: boolean) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#clock = clock
    this.#countLocal = countLocal
  }

  /** Networks that are remembered. */
  get size (): number { return this.#buckets.size }

  /** Takes one token. @returns 0 when there was one, otherwise the milliseconds until the next */
  take (address: string): number {
    if (!this.#countLocal && isLocalNetwork(address)) return 0
    const network = networkOf(address)
    const bucket = this.#buckets.get(network) ?? new TokenBucket(this.#perSecond, this.#burst, this.#clock)
    this.#remember(network, bucket)
    return bucket.take()
  }

  /** As {@link take}, without taking. */
  look (address: string): number {
    return this.#buckets.get(networkOf(address))?.look() ?? 0
  }

  /** A Map keeps the order in which its keys came: the newest is last. */
  #remember (network: string, bucket: TokenBucket): void {
    this.#buckets.delete(network)
    this.#buckets.set(network, bucket)
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > MAX_REMEMBERED && oldest !== undefined) this.#buckets.delete(oldest)
  }
}
