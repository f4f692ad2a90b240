/** How a client spreads its attempts. */
export interface Backoff {
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
  readonly random: () => number
}

/** The longest time for which a server's own wish is heeded. */
const MAX_WISH_MS = 60_000

/** @returns how much of a server's wish is heeded; 0 of one that is none */
export function heeded (wishMs = 0): number {
  return wishMs > 0 ? Math.min(wishMs, MAX_WISH_MS) : 0
}

/**
 * The pause before the next attempt: any time between the shortest pause and a bound that doubles with each failure, so that the clients of a server
 * that comes back do not come all at once. Never zero.
 * @param failures how many attempts in a row have failed, 0 after a success
 * @param wishMs after how long the server wants to be asked again; nobody comes earlier, or all at that very moment
 */
export function backoffMs ({ minBackoffMs, maxBackoffMs, random }: Backoff, failures: number, wishMs?: number): number {
  const boundMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures + 1, 30))
  return heeded(wishMs) + minBackoffMs + random() * Math.max(0, boundMs - minBackoffMs)
}
