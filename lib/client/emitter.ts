type Listener = (event: never) => void

/** Listeners by name. */
export class Emitter {
  readonly #listeners = new Map<string, Set<Listener>>()

  /** @returns a function that takes the listener away */
  on (name: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => { listeners.delete(listener) }
  }

  /** Tells those who listen now; one that throws keeps no other from being told. */
  emit (name: string, event: unknown): void {
    for (const listener of [...this.#listeners.get(name) ?? []]) {
      try {
        listener(event as never)
      } catch (error) {
        report(error)
      }
    }
  }
}

/** As the platform reports what a listener of its own events throws. */
function report (error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void }
  if (reportError !== undefined) reportError(error)
  else queueMicrotask(() => { throw error })
}
