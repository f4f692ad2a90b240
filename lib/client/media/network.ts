/** Tells when this device may have another network. */
export interface Network {
  /** @returns a function that ends it */
  watch (changed: () => void): () => void
}

interface EventTargetLike {
  addEventListener (type: string, listener: () => void): void
  removeEventListener (type: string, listener: () => void): void
}

/** As far as browsers tell; in Node nothing does. */
export const browserNetwork: Network = {
  watch (changed) {
    const page = globalThis as Partial<EventTargetLike> & { navigator?: { connection?: EventTargetLike & { readonly type?: string } } }
    const connection = page.navigator?.connection
    let type = connection?.type
    // Most of these events are about the estimated speed alone.
    const change = (): void => {
      if (type !== connection?.type) changed()
      type = connection?.type
    }
    page.addEventListener?.('online', changed)
    connection?.addEventListener?.('change', change)
    return () => {
      page.removeEventListener?.('online', changed)
      connection?.removeEventListener?.('change', change)
    }
  }
}
