/**
 * Hands out UDP ports of a range, each to one connection at a time.
 *
 * werift looks for a free port by binding and closing a socket and then binds again; two connections that
 * gather at once find the same port, and the loser's bind error has no listener: it ends the process.
 */
export class PortPool {
  readonly #min: number
  readonly #size: number
  readonly #taken = new Set<number>()
  #next = 0

  /** Both ends included. */
  constructor ([min, max]: readonly [number, number]) {
    this.#min = min
    this.#size = max - min + 1
  }

  /** A port that nobody here holds; null when there is none. The one that was given back last is taken last: late packets must not meet a stranger. */
  take (): number | null {
    for (let tries = 0; tries < this.#size; tries++) {
      const port = this.#min + this.#next
      this.#next = (this.#next + 1) % this.#size
      if (this.#taken.has(port)) continue
      this.#taken.add(port)
      return port
    }
    return null
  }

  give (port: number): void {
    this.#taken.delete(port)
  }
}
