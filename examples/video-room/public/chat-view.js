// @ts-check
/* global HTMLButtonElement, HTMLElement, HTMLFormElement, HTMLInputElement, HTMLSelectElement, HTMLTimeElement, Option, matchMedia */
import { element, fromTemplate, within } from './dom.js'
import { hueOf, initials } from './tile.js'

/** A desk has room for both; below, chat covers the pictures and opens only when asked for. */
const WIDE = matchMedia('(min-width: 900px)')

/** The chat panel: beside the pictures on a desk, a sheet from below on a phone. */
export class ChatView {
  #panel = element('chat', HTMLElement)
  #toggle = element('chat-toggle', HTMLButtonElement)
  #badge = element('chat-badge', HTMLElement)
  #log = element('chat-log', HTMLElement)
  #to = element('chat-to', HTMLSelectElement)
  #input = element('chat-message', HTMLInputElement)
  #unread = 0
  /** @type {string[]} */ #people = []

  /** @param {(message: string, to: string[]) => void} onSend */
  constructor (onSend) {
    this.onSend = onSend
    this.#toggle.addEventListener('click', () => this.open(this.#panel.hidden === true, true))
    element('chat-close', HTMLButtonElement).addEventListener('click', () => this.open(false, true))
    element('chat-form', HTMLFormElement).addEventListener('submit', (event) => { event.preventDefault(); this.#submit() })
    this.#to.addEventListener('change', () => this.showPeople(this.#people))
    this.#panel.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.open(false, true) })
  }

  /** An empty panel for a new room. */
  reset () {
    this.#log.replaceChildren()
    this.#to.value = ''
    this.showPeople([])
    this.open(WIDE.matches, false)
  }

  /** @param {boolean} open @param {boolean} moveFocus */
  open (open, moveFocus) {
    this.#panel.hidden = !open
    this.#toggle.setAttribute('aria-expanded', String(open))
    if (open) this.#setUnread(0)
    if (moveFocus) (open ? this.#input : this.#toggle).focus()
  }

  /**
   * Keeps the choice, also of somebody who has gone: what was meant for one must not go to all because of that. The form
   * is not sent until somebody else is chosen or the person is back.
   * @param {string[]} people
   */
  showPeople (people) {
    const chosen = this.#to.value
    const gone = chosen !== '' && !people.includes(chosen)
    this.#to.replaceChildren(new Option('Everyone', ''), ...people.map((id) => new Option(id, id)))
    if (gone) this.#to.append(new Option(`${chosen} (not here)`, chosen))
    this.#to.value = chosen
    this.#to.setCustomValidity(gone ? `${chosen} is not here.` : '')
    this.#people = people
  }

  /** @param {{ from: string, to?: string[], message: unknown }} chat */
  receive ({ from, to = [], message }) {
    this.#append(String(from), String(message ?? ''), to.length > 0 ? 'to you only' : '', false)
    if (this.#panel.hidden) this.#setUnread(this.#unread + 1)
  }

  #submit () {
    const message = this.#input.value.trim()
    if (!message) return
    const to = this.#to.value
    this.onSend(message, to ? [to] : [])
    this.#append('You', message, to ? `to ${to} only` : '', true) // the server does not echo
    this.#input.value = ''
  }

  /** Text only, never markup. @param {string} from @param {string} message @param {string} scope @param {boolean} own */
  #append (from, message, scope, own) {
    const entry = fromTemplate('chat-template')
    entry.toggleAttribute('data-own', own)
    entry.style.setProperty('--hue', String(hueOf(from)))
    within(entry, '.chat-initials', HTMLElement).textContent = initials(from)
    within(entry, '.chat-from', HTMLElement).textContent = scope ? `${from} · ${scope}` : from
    within(entry, 'time', HTMLTimeElement).textContent = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    within(entry, '.chat-text', HTMLElement).textContent = message
    this.#log.append(entry)
    this.#log.scrollTop = this.#log.scrollHeight
  }

  /** @param {number} count */
  #setUnread (count) {
    this.#unread = count
    this.#badge.hidden = count === 0
    this.#badge.textContent = count > 9 ? '9+' : String(count)
    this.#toggle.setAttribute('aria-label', count === 0 ? 'Chat' : `Chat, ${count} unread`)
  }
}
