import type { LinkKeeper } from './link-keeper.ts'

/** As much of a page as is used here; Node has none of it. */
interface Page {
  addEventListener? (type: string, listener: (event: { readonly persisted?: boolean }) => void): void
  removeEventListener? (type: string, listener: (event: { readonly persisted?: boolean }) => void): void
  readonly document?: Page & { readonly visibilityState: string }
}

/**
 * Tells the keeper what the page learns of the network and of itself.
 * @returns a function that takes the listeners away
 */
export function watchPage (keeper: LinkKeeper): () => void {
  const page = globalThis as Page
  const undo = [
    listen(page, 'online', () => keeper.online()),
    listen(page, 'pagehide', ({ persisted }) => { if (persisted !== true) keeper.leaveNow() }),
    listen(page, 'pageshow', ({ persisted }) => { if (persisted === true) keeper.awake() }),
    listen(page.document, 'visibilitychange', () => { if (page.document?.visibilityState === 'visible') keeper.awake() })
  ]
  return () => { for (const stop of undo) stop() }
}

function listen (target: Page | undefined, type: string, listener: (event: { readonly persisted?: boolean }) => void): () => void {
  target?.addEventListener?.(type, listener)
  return () => target?.removeEventListener?.(type, listener)
}
