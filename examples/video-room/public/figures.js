// @ts-check
import { isDark } from './darkness.js'

const INTERVAL_MS = 1_000
/** Mean level over a second, 1 being full scale: speech is well above, a quiet room below. */
const SPEAKING_LEVEL = 0.015
/** A screen may well stand still; a face that does so for longer is a fault. */
const MAX_STILL_S = 2

/** Writes on the tiles what their tracks do, each second. */
export class Figures {
  /** @type {Map<string, number>} seconds without a frame, by tile */ #still = new Map()

  /**
   * @param {import('../../../lib/client/index.ts').Media} media @param {import('./room-view.js').RoomView} view
   * @param {(stats: import('../../../lib/client/index.ts').MediaStats) => void} onStats
   */
  constructor (media, view, onStats) {
    this.media = media
    this.view = view
    this.onStats = onStats
    this.timer = setInterval(() => this.#look().catch((error) => console.debug('No figures.', error)), INTERVAL_MS)
  }

  stop () { clearInterval(this.timer) }

  async #look () {
    const stats = await this.media.stats()
    for (const tile of this.view.tiles) this.#show(tile, stats.of(tile.stream))
    this.onStats(stats)
  }

  /** @param {import('./tile.js').Tile} tile @param {import('../../../lib/client/index.ts').TrackStats} stats */
  #show (tile, { kbps, fps, level = 0 }) {
    const key = `${tile.kind} ${tile.userId}`
    this.#still.set(key, fps ? 0 : (this.#still.get(key) ?? 0) + 1)
    const isStill = tile.kind === 'person' && tile.hasPicture && (this.#still.get(key) ?? 0) > MAX_STILL_S
    tile.setFigures(fps !== undefined ? `${fps} fps · ${rate(kbps)}` : kbps > 0 ? rate(kbps) : '', isStill)
    tile.setSpeaking(level > SPEAKING_LEVEL)
    if (tile.kind === 'person') tile.setDark(isDark(tile.video))
  }
}

/** @param {number} kbps */
function rate (kbps) {
  return kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${Math.round(kbps)} kbit/s`
}
