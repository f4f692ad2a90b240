// @ts-check
/* global HTMLButtonElement, HTMLElement, location */
import { element } from './dom.js'

const SHOWN_MS = 2_000

/** A link to the room, without the name of who copies it. @param {string} roomId */
function linkTo (roomId) {
  const url = new URL(location.pathname, location.href)
  url.searchParams.set('room', roomId)
  return url.href
}

/**
 * The button that copies the link of the room.
 * @param {() => string} roomId @param {(link: string) => void} onRefused the clipboard is closed to us: show the link instead
 */
export function wireInvite (roomId, onRefused) {
  const text = element('invite-text', HTMLElement)
  element('invite', HTMLButtonElement).addEventListener('click', async () => {
    const link = linkTo(roomId())
    try {
      await navigator.clipboard.writeText(link)
      text.textContent = 'Copied'
      setTimeout(() => { text.textContent = 'Copy link' }, SHOWN_MS)
    } catch {
      onRefused(link)
    }
  })
}
