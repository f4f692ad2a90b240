/** Counts WebSockets, so that closing can wait for the last of them. */
export class OpenSockets {
  #size = 0
  #waiting: Array<() => void> = []

  opened (): void {
    this.#size++
  }

  /** One function for all of them. */
  readonly closed = (): void => {
    if (--this.#size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves when none is open, those included that are opened meanwhile. */
  async gone (): Promise<void> {
    while (this.#size > 0) await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
  }
}
