/** Tells when this device may have another network. */
export interface Network {
  /**
   * @param changed told with false when something has changed that need not matter
   * @returns a function that ends it
   */
  watch (changed: (isSure: boolean) => void): () => void
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
    const online = (): void => changed(true)
    // Most of these events are about the estimated speed, and most browsers do not tell the type.
    const change = (): void => {
      changed(type !== connection?.type)
      type = connection?.type
    }
    page.addEventListener?.('online', online)
    connection?.addEventListener?.('change', change)
    return () => {
      page.removeEventListener?.('online', online)
      connection?.removeEventListener?.('change', change)
    }
  }
}
