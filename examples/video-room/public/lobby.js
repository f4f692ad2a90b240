// @ts-check
/* global HTMLButtonElement, HTMLElement, HTMLFormElement, HTMLInputElement */
import { element } from './dom.js'

/** @typedef {{ user: string, room: string, kinds: import('./local-media.js').Kind[] }} Choice */

/** The form before the room, and the place where faults are told. */
export class Lobby {
  #form = element('join-form', HTMLFormElement)
  #user = element('user', HTMLInputElement)
  #room = element('room-name', HTMLInputElement)
  #camera = element('with-camera', HTMLInputElement)
  #microphone = element('with-microphone', HTMLInputElement)
  #problem = element('problem', HTMLElement)

  /** @param {(choice: Choice) => void} onJoin */
  constructor (onJoin) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      onJoin(this.choice())
    })
  }

  /** @param {URLSearchParams} query */
  fill (query) {
    this.#user.value = query.get('user') ?? ''
    this.#room.value = query.get('room') ?? ''
    this.#camera.checked = query.get('camera') !== '0'
    this.#microphone.checked = query.get('microphone') !== '0'
  }

  /** A token says who and where: the fields only show it. @param {import('./token.js').TokenSource} tokens */
  fix (tokens) {
    this.#user.value = tokens.userId
    this.#room.value = tokens.roomId
    this.#user.readOnly = this.#room.readOnly = true
  }

  /** @returns {Choice} */
  choice () {
    /** @type {import('./local-media.js').Kind[]} */
    const kinds = []
    if (this.#microphone.checked) kinds.push('audio')
    if (this.#camera.checked) kinds.push('video')
    return { user: this.#user.value.trim(), room: this.#room.value.trim(), kinds }
  }

  /** @param {import('./problems.js').Problem} [problem] nothing clears it */
  showProblem (problem) {
    this.#problem.hidden = !problem
    element('problem-title', HTMLElement).textContent = problem?.title ?? ''
    element('problem-text', HTMLElement).textContent = problem?.text ?? ''
    element('join', HTMLButtonElement).textContent = problem ? 'Try again' : 'Join'
  }

  focus () {
    (this.#user.value ? element('join', HTMLButtonElement) : this.#user).focus()
  }
}
