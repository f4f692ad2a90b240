// @ts-check
/* global HTMLElement, HTMLVideoElement, MediaStream */
import { fromTemplate, within } from './dom.js'

/** @typedef {'person' | 'screen' | 'self'} TileKind */

/** One picture with its label. What it shows is set from outside; it knows nothing of connections. */
export class Tile {
  /** @type {MediaStreamTrack[]} */ #tracks = []

  /** @param {string} userId @param {TileKind} kind @param {() => void} onBlocked the browser wants a click before sound */
  constructor (userId, kind, onBlocked) {
    this.userId = userId
    this.kind = kind
    this.onBlocked = onBlocked
    this.root = fromTemplate('tile-template')
    this.video = within(this.root, 'video', HTMLVideoElement)
    this.figures = within(this.root, '.tile-figures', HTMLElement)
    this.#label()
    this.#identify()
  }

  /** @param {MediaStreamTrack[]} tracks */
  show (tracks) {
    if (tracks.length === this.#tracks.length && tracks.every((track, index) => track === this.#tracks[index])) return
    this.#tracks = tracks
    this.root.toggleAttribute('data-no-video', !tracks.some((track) => track.kind === 'video'))
    this.video.srcObject = tracks.length > 0 ? new MediaStream(tracks) : null
    if (tracks.length > 0) this.play()
  }

  /** What it shows. */
  get stream () { return /** @type {MediaStream | null} */ (this.video.srcObject) }

  get hasPicture () { return !this.root.hasAttribute('data-no-video') }

  /** With sound if the browser lets us, else without: a silent picture is better than none. */
  async play () {
    try {
      await this.video.play()
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || this.video.muted) return // a newer srcObject took over
      this.video.muted = true
      this.onBlocked()
      this.video.play().catch(() => {})
    }
  }

  /** After a click somewhere on the page. */
  hear () {
    if (this.kind === 'self') return
    this.video.muted = false
    this.play()
  }

  /** Nothing to see: the avatar stands in. @param {boolean} dark */
  setDark (dark) { this.root.toggleAttribute('data-dark', dark) }

  /** @param {boolean} speaking */
  setSpeaking (speaking) { this.root.toggleAttribute('data-speaking', speaking) }

  /** @param {boolean} muted */
  setMicrophoneOff (muted) { this.root.toggleAttribute('data-microphone-off', muted) }

  /** @param {string} text @param {boolean} [stalled] */
  setFigures (text, stalled = false) {
    this.figures.textContent = text
    this.root.toggleAttribute('data-stalled', stalled)
  }

  remove () {
    this.video.srcObject = null
    this.root.remove()
  }

  #label () {
    const name = this.kind === 'self' ? `${this.userId} (you)` : this.kind === 'screen' ? `${this.userId} (screen)` : this.userId
    within(this.root, '.tile-name', HTMLElement).textContent = name
    within(this.root, '.avatar', HTMLElement).textContent = initials(this.userId)
    this.video.setAttribute('aria-label', name)
    this.root.style.setProperty('--hue', String(hueOf(this.userId)))
  }

  /** The attributes by which style sheets, tests and scripts find a tile; `video[data-user]` counts the others. */
  #identify () {
    this.root.dataset.kind = this.kind
    this.root.toggleAttribute('data-no-video', true)
    this.video.muted = this.kind !== 'person'
    if (this.kind === 'person') this.video.dataset.user = this.userId
    if (this.kind === 'screen') this.video.dataset.screen = this.userId
    if (this.kind === 'self') this.video.dataset.self = this.userId
  }
}

/** @param {string} name */
export function initials (name) {
  const words = name.split(/[\s._@-]+/).filter(Boolean)
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? '?')].slice(0, 2)
  return letters.join('').toUpperCase()
}

/** The same colour for the same person on every page. @param {string} name */
export function hueOf (name) {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 3600
  return (hash * 47) % 360
}
