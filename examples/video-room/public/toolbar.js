// @ts-check
/* global Element, HTMLButtonElement */
import { element } from './dom.js'

/**
 * @typedef {object} ToolbarActions
 * @property {(kind: import('./local-media.js').Kind) => void} toggle
 * @property {() => void} share
 * @property {() => void} leave
 */

/** The row of buttons, and their keys. A pressed button means "on". */
export class Toolbar {
  #microphone = element('microphone', HTMLButtonElement)
  #camera = element('camera', HTMLButtonElement)
  #screen = element('screen', HTMLButtonElement)

  /** @param {ToolbarActions} actions */
  constructor (actions) {
    this.#microphone.addEventListener('click', () => actions.toggle('audio'))
    this.#camera.addEventListener('click', () => actions.toggle('video'))
    this.#screen.addEventListener('click', () => actions.share())
    element('leave', HTMLButtonElement).addEventListener('click', () => actions.leave())
    document.addEventListener('keydown', (event) => this.#key(event))
    // Phones have no screen to share.
    this.#screen.hidden = !navigator.mediaDevices?.getDisplayMedia
  }

  /** @param {import('./local-media.js').LocalMedia} local */
  show (local) {
    press(this.#microphone, local.isOn('audio'), 'Mute microphone (m)', 'Unmute microphone (m)')
    press(this.#camera, local.isOn('video'), 'Turn camera off (v)', 'Turn camera on (v)')
    press(this.#screen, local.screen !== undefined, 'Stop sharing', 'Share screen')
  }

  /** Letters typed into a field are text, and with a modifier they belong to the browser. @param {KeyboardEvent} event */
  #key (event) {
    const typing = event.target instanceof Element && event.target.closest('input, select, textarea')
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    if (document.body.dataset.state === 'idle' || document.body.dataset.state === 'failed') return
    if (event.key === 'm') this.#microphone.click()
    if (event.key === 'v') this.#camera.click()
  }
}

/** The label names what a click will do; `aria-pressed` says what is. @param {HTMLButtonElement} button @param {boolean} on @param {string} whenOn @param {string} whenOff */
function press (button, on, whenOn, whenOff) {
  button.setAttribute('aria-pressed', String(on))
  button.title = on ? whenOn : whenOff
}
