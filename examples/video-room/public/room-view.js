// @ts-check
/* global HTMLButtonElement, HTMLElement */
import { element } from './dom.js'
import { forFaces, forScreens, keepFitted } from './layout.js'
import { Tile } from './tile.js'

/** @typedef {ReadonlyMap<string, import('../../../lib/client/index.ts').Person>} People */

/** The tiles: people in the grid, screens on the stage. */
export class RoomView {
  #grid = element('grid', HTMLElement)
  #stage = element('stage', HTMLElement)
  #count = element('people-count', HTMLElement)
  #hear = element('hear', HTMLButtonElement)
  /** @type {Map<string, Tile>} by kind and user id */ #tiles = new Map()

  constructor () {
    keepFitted(this.#grid, forFaces)
    keepFitted(this.#stage, forScreens)
    this.#hear.addEventListener('click', () => this.#hearAll())
    this.#showCount()
  }

  /** @param {string} userId @param {import('./local-media.js').LocalMedia} local */
  showSelf (userId, local) {
    const tile = this.#tile('self', userId)
    tile.show(local.stream.getTracks().filter((track) => track.readyState === 'live'))
    tile.setDark(!local.isOn('video'))
    tile.setMicrophoneOff(!local.isOn('audio'))
  }

  /** @param {People} people all the others, with all that they send */
  showPeople (people) {
    for (const tile of this.#tiles.values()) if (isGone(tile, people)) this.#remove(tile)
    for (const { userId, stream, screen } of people.values()) {
      this.#tile('person', userId).show(stream.getTracks())
      if (screen) this.#tile('screen', userId).show(screen.getTracks())
    }
    this.#showCount()
  }

  clear () {
    for (const tile of this.#tiles.values()) this.#remove(tile)
    this.#hear.hidden = true
    this.#showCount()
  }

  /** @returns {string[]} */
  get people () {
    return this.tiles.filter((tile) => tile.kind === 'person').map((tile) => tile.userId)
  }

  /** @returns {Tile[]} */
  get tiles () {
    return [...this.#tiles.values()]
  }

  /** @param {import('./tile.js').TileKind} kind @param {string} userId */
  #tile (kind, userId) {
    const key = `${kind} ${userId}`
    const known = this.#tiles.get(key)
    if (known) return known
    const tile = new Tile(userId, kind, () => { this.#hear.hidden = false })
    this.#tiles.set(key, tile)
    if (kind !== 'self') markFirstFrame(tile.video)
    this.#parent(kind).append(tile.root)
    this.#arrange()
    return tile
  }

  /** @param {import('./tile.js').TileKind} kind */
  #parent (kind) { return kind === 'screen' ? this.#stage : this.#grid }

  /** @param {Tile} tile */
  #remove (tile) {
    this.#tiles.delete(`${tile.kind} ${tile.userId}`)
    tile.remove()
    this.#arrange()
  }

  #arrange () { this.#stage.hidden = this.#stage.childElementCount === 0 }

  #hearAll () {
    this.#hear.hidden = true
    for (const tile of this.#tiles.values()) if (tile.kind === 'person') tile.hear()
  }

  #showCount () {
    const others = this.people.length
    this.#count.textContent = others === 0 ? 'Only you' : `${others + 1} people`
    this.#grid.toggleAttribute('data-alone', others === 0)
  }
}

/** @param {Tile} tile @param {People} people */
function isGone (tile, people) {
  if (tile.kind === 'self') return false
  const person = people.get(tile.userId)
  return !person || (tile.kind === 'screen' && !person.screen)
}

/** How long joining takes, as the person sees it: from `mse:join` to the first picture of somebody else. @param {HTMLVideoElement} video */
function markFirstFrame (video) {
  const mark = () => {
    if (performance.getEntriesByName('mse:first-frame').length === 0) performance.mark('mse:first-frame')
  }
  if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(mark)
  else /** @type {HTMLVideoElement} */ (video).addEventListener('playing', mark, { once: true })
}
