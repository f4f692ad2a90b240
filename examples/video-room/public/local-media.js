// @ts-check
/* global MediaStream */

/** Small on purpose: a room shows many small tiles, and every page decodes all of them. */
const CAMERA = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 }, facingMode: 'user' }
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

/** @typedef {'audio' | 'video'} Kind */

/** @type {Record<string, string>} */
const FAULTS = {
  NotAllowedError: 'blocked; allow access in the address bar',
  NotFoundError: 'not found',
  OverconstrainedError: 'not of a kind that fits',
  NotReadableError: 'in use by another program, or did not start',
  AbortError: 'not ready'
}

/** Our own camera, microphone and screen. The page works without any of them. */
export class LocalMedia {
  /** What is published; the same stream for as long as the page lives. */
  stream = new MediaStream()
  /** @type {MediaStreamTrack | undefined} */ screen
  #closed = false
  #onChange

  /** @param {() => void} onChange a track came, went or was muted */
  constructor (onChange) {
    this.#onChange = onChange
  }

  /** @param {Kind} kind @returns {MediaStreamTrack | undefined} */
  track (kind) {
    return this.stream.getTracks().find((track) => track.kind === kind && track.readyState === 'live')
  }

  /** @param {Kind} kind */
  isOn (kind) {
    return this.track(kind)?.enabled ?? false
  }

  /**
   * Takes what there is: without a camera the microphone alone, and the other way round.
   * @param {Kind[]} kinds @returns {Promise<string>} what is missing, in words; empty when nothing is
   */
  async open (kinds) {
    if (kinds.length === 0) return ''
    if (!navigator.mediaDevices) return 'Camera and microphone need a secure page: open it with https, or on localhost.'
    const fault = await this.#take(kinds)
    if (!fault) return ''
    if (kinds.length === 1) return wordsFor(kinds, fault)
    const faults = []
    for (const kind of kinds) {
      const alone = await this.#take([kind])
      if (alone) faults.push({ kind, fault: alone })
    }
    return joinedWords(faults)
  }

  /** @param {Kind} kind @returns {Promise<string>} what is missing, in words */
  async toggle (kind) {
    const track = this.track(kind)
    if (!track) return await this.open([kind])
    track.enabled = !track.enabled
    this.#onChange()
    return ''
  }

  /** @returns {Promise<MediaStreamTrack | undefined>} undefined when the person thought better of it */
  async openScreen () {
    try {
      const display = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false })
      this.screen = display.getVideoTracks()[0]
    } catch (error) {
      if (nameOf(error) !== 'NotAllowedError') throw error
    }
    if (this.screen) this.screen.contentHint = 'detail' // text stays sharp at the cost of frames
    this.#onChange()
    return this.screen
  }

  closeScreen () {
    this.screen?.stop()
    this.screen = undefined
    this.#onChange()
  }

  /** Lets go of all devices: their lamps go out. */
  close () {
    this.#closed = true
    for (const track of this.stream.getTracks()) this.#remove(track)
    this.closeScreen()
  }

  /** @param {Kind[]} kinds @returns {Promise<unknown>} the fault, or undefined */
  async #take (kinds) {
    try {
      const taken = await navigator.mediaDevices.getUserMedia({
        audio: kinds.includes('audio') && MICROPHONE,
        video: kinds.includes('video') && CAMERA
      })
      for (const track of taken.getTracks()) this.#add(track)
      if (this.#closed) this.close() // left while the browser was still asking
      this.#onChange()
      return undefined
    } catch (error) {
      return error
    }
  }

  /** @param {MediaStreamTrack} track */
  #add (track) {
    const former = this.stream.getTracks().find((other) => other.kind === track.kind)
    if (former) this.#remove(former)
    track.addEventListener('ended', () => this.#onChange()) // unplugged, or taken back by the browser
    this.stream.addTrack(track)
  }

  /** @param {MediaStreamTrack} track */
  #remove (track) {
    track.stop()
    this.stream.removeTrack(track)
  }
}

/** @param {Kind[]} kinds @param {unknown} error */
function wordsFor (kinds, error) {
  const subject = kinds.map((kind) => kind === 'video' ? 'camera' : 'microphone').join(' and ')
  return `Your ${subject} ${kinds.length > 1 ? 'are' : 'is'} ${FAULTS[nameOf(error)] ?? 'not available'}.`
}

/** One sentence when one cause explains all. @param {{ kind: Kind, fault: unknown }[]} faults */
function joinedWords (faults) {
  const [first] = faults
  const isSame = first && faults.every(({ fault }) => nameOf(fault) === nameOf(first.fault))
  if (isSame) return wordsFor(faults.map(({ kind }) => kind), first.fault)
  return faults.map(({ kind, fault }) => wordsFor([kind], fault)).join(' ')
}

/** @param {unknown} error */
function nameOf (error) {
  return error instanceof DOMException || error instanceof Error ? error.name : ''
}
