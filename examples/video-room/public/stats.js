// @ts-check
import { isDark } from './darkness.js'

const INTERVAL_MS = 1_000
/** Mean level over a second, 1 being full scale: speech is well above, a quiet room below. */
const SPEAKING_LEVEL = 0.015

/**
 * @typedef {object} Figures the differences since the last look
 * @property {number} [fps]
 * @property {number} [kbps]
 * @property {number} [level]
 */
/** What the two connections are doing. @typedef {{ publish: string, subscribe: string, roundTripMs?: number, lossPercent?: number }} Summary */

/** Looks at both connections each second and writes what it sees on the tiles. */
export class StatsWatch {
  #timer = 0
  /** @type {Map<string, any>} */ #before = new Map()
  /** @type {Map<string, any>} */ #now = new Map()
  /** @type {Map<string, number>} seconds without a frame, by track */ #still = new Map()

  /**
   * @param {import('./session.js').Session} session @param {import('./room-view.js').RoomView} view
   * @param {(summary: Summary) => void} onSummary
   */
  constructor (session, view, onSummary) {
    this.session = session
    this.view = view
    this.onSummary = onSummary
    this.#timer = setInterval(() => this.#look().catch((error) => console.debug('No figures.', error)), INTERVAL_MS)
  }

  stop () {
    clearInterval(this.#timer)
    for (const tile of this.view.tiles) {
      tile.setFigures('')
      tile.setSpeaking(false)
    }
  }

  async #look () {
    const { publisher, subscriber } = this.session
    const reports = await Promise.all([publisher.connection.getStats(), subscriber.connection.getStats()])
    this.#before = this.#now
    this.#now = new Map(reports.flatMap((report, side) => [...report].map(([id, entry]) => [`${side}${id}`, entry])))
    for (const tile of this.view.tiles) this.#show(tile)
    this.onSummary(this.#summary())
  }

  /** @param {import('./tile.js').Tile} tile */
  #show (tile) {
    const figures = tile.tracks.map((track) => this.#figures(track.id))
    const video = figures.find((entry) => entry.fps !== undefined)
    const kbps = figures.reduce((sum, entry) => sum + (entry.kbps ?? 0), 0)
    tile.setFigures(video ? `${video.fps} fps · ${rate(kbps)}` : kbps > 0 ? rate(kbps) : '', this.#isStill(tile, video))
    const level = tile.kind === 'self' ? this.#ownLevel() : Math.max(0, ...figures.map((entry) => entry.level ?? 0))
    tile.setSpeaking(level > SPEAKING_LEVEL)
    if (tile.kind === 'person') tile.setDark(isDark(tile.video))
  }

  /** @param {string} trackId @returns {Figures} */
  #figures (trackId) {
    for (const [key, entry] of this.#now) {
      if (entry.type === 'inbound-rtp' && entry.trackIdentifier === trackId) return this.#received(key, entry)
      if (entry.type === 'outbound-rtp' && this.#now.get(`0${entry.mediaSourceId}`)?.trackIdentifier === trackId) return this.#sent(key, entry)
    }
    return {}
  }

  /** @param {string} key @param {any} entry @returns {Figures} */
  #received (key, entry) {
    if (!this.#before.has(key)) return {}
    const kbps = this.#perSecond(key, entry, 'bytesReceived') * 8 / 1000
    if (entry.kind === 'audio') return { kbps, level: this.#level(key, entry) }
    return { kbps, fps: Math.round(this.#perSecond(key, entry, 'framesDecoded')) }
  }

  /** @param {string} key @param {any} entry @returns {Figures} */
  #sent (key, entry) {
    if (!this.#before.has(key)) return {}
    const kbps = this.#perSecond(key, entry, 'bytesSent') * 8 / 1000
    return entry.kind === 'audio' ? { kbps } : { kbps, fps: Math.round(this.#perSecond(key, entry, 'framesEncoded')) }
  }

  #ownLevel () {
    for (const [key, entry] of this.#now) if (entry.type === 'media-source' && entry.kind === 'audio') return this.#level(key, entry)
    return 0
  }

  /** The mean over the whole second, so that a word between two looks is not missed. @param {string} key @param {any} entry */
  #level (key, entry) {
    const before = this.#before.get(key)
    if (!before) return 0
    const energy = entry.totalAudioEnergy - before.totalAudioEnergy
    const seconds = entry.totalSamplesDuration - before.totalSamplesDuration
    return seconds > 0 && energy > 0 ? Math.sqrt(energy / seconds) : 0
  }

  /** @param {string} key @param {any} entry @param {string} field */
  #perSecond (key, entry, field) {
    const before = this.#before.get(key)
    const seconds = before ? (entry.timestamp - before.timestamp) / 1000 : 0
    return seconds > 0 ? Math.max(0, ((entry[field] ?? 0) - (before[field] ?? 0)) / seconds) : 0
  }

  /** A screen may well stand still; a face that does so for three seconds is a fault. @param {import('./tile.js').Tile} tile @param {Figures | undefined} video */
  #isStill (tile, video) {
    const key = `${tile.kind} ${tile.userId}`
    this.#still.set(key, video?.fps === 0 ? (this.#still.get(key) ?? 0) + 1 : 0)
    return tile.kind === 'person' && (this.#still.get(key) ?? 0) >= 3
  }

  /** @returns {Summary} */
  #summary () {
    const { publisher, subscriber } = this.session
    const entries = [...this.#now.values()]
    const pair = entries.find((entry) => entry.type === 'candidate-pair' && entry.nominated && entry.currentRoundTripTime !== undefined)
    const inbound = entries.filter((entry) => entry.type === 'inbound-rtp')
    const lost = inbound.reduce((sum, entry) => sum + Math.max(0, entry.packetsLost ?? 0), 0)
    const received = inbound.reduce((sum, entry) => sum + (entry.packetsReceived ?? 0), 0)
    return {
      publish: publisher.connection.iceConnectionState,
      subscribe: subscriber.connection.iceConnectionState,
      ...(pair && { roundTripMs: Math.round(pair.currentRoundTripTime * 1000) }),
      ...(received > 0 && { lossPercent: Math.round(1000 * lost / (lost + received)) / 10 })
    }
  }
}

/** @param {number} kbps */
function rate (kbps) {
  return kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${Math.round(kbps)} kbit/s`
}
