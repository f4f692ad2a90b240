// @ts-check
/* global HTMLButtonElement, HTMLElement */
import { element } from './dom.js'

/** @typedef {'idle' | 'connecting' | 'joined' | 'failed'} State */

/** @type {Record<State, string>} */
const WORDS = { idle: 'Not connected', connecting: 'Connecting…', joined: 'Connected', failed: 'Failed' }

/** How the connection is, in one word with details behind it, and hints above the pictures. */
export class StatusView {
  #status = element('status', HTMLElement)
  #details = element('connection-details', HTMLElement)
  #hint = element('hint', HTMLElement)
  #hintText = element('hint-text', HTMLElement)
  #waiting = element('waiting', HTMLElement)

  constructor () {
    element('hint-close', HTMLButtonElement).addEventListener('click', () => this.hint(''))
  }

  /** @param {State} state @param {boolean} [again] after an interruption */
  show (state, again = false) {
    document.body.dataset.state = state
    this.#status.textContent = again && state === 'connecting' ? 'Reconnecting…' : WORDS[state]
    if (state !== 'joined') document.body.removeAttribute('data-troubled')
    if (state !== 'connecting') this.waiting('')
    if (state !== 'joined') this.#details.replaceChildren(row('Media', 'not yet'))
  }

  /** What the page is waiting for. @param {string} words empty when it is not */
  waiting (words) {
    this.#waiting.textContent = words
    this.#waiting.hidden = !words
  }

  /** Something to know that does not stop the call. @param {string} words */
  hint (words) {
    this.#hintText.textContent = words
    this.#hint.hidden = !words
  }

  /** @param {import('../../../lib/client/index.ts').MediaStats} stats @param {string | null} transport */
  summary ({ publish, subscribe, roundTripMs, lossPercent }, transport) {
    if (document.body.dataset.state !== 'joined') return
    const isTroubled = [publish, subscribe].some((state) => state === 'failed' || state === 'disconnected')
    this.#status.textContent = isTroubled ? 'Unstable' : WORDS.joined
    document.body.toggleAttribute('data-troubled', isTroubled)
    this.#details.replaceChildren(
      row('Signalling', transport ?? '–'),
      row('Sending', publish === 'new' ? 'nothing' : publish ?? '–'),
      row('Receiving', subscribe === 'new' ? 'nothing yet' : subscribe ?? '–'),
      row('Round trip', roundTripMs === null ? '–' : `${roundTripMs} ms`),
      row('Lost on the way', lossPercent === null ? '–' : `${lossPercent} %`)
    )
  }
}

/** @param {string} term @param {string} value */
function row (term, value) {
  const line = document.createElement('div')
  const [name, text] = [document.createElement('dt'), document.createElement('dd')]
  name.textContent = term
  text.textContent = value
  line.append(name, text)
  return line
}
