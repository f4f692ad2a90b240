// @ts-check
/* global RTCPeerConnection */
import { sendCandidates } from './candidates.js'
import { serialQueue, watchConnection } from './connection.js'
import { markScreen } from './screen-mark.js'

const GRACE_MS = 3_000
const MAX_RESTARTS = 2

/**
 * @typedef {object} LegOptions
 * @property {RTCIceServer[]} iceServers
 * @property {(description: RTCSessionDescriptionInit) => void} sendDescription
 * @property {(candidate: RTCIceCandidateInit) => void} sendCandidate
 * @property {() => void} described a remote description has been set
 * @property {(why: string) => void} lost only a new session can help
 */

/** The connection that carries our own media. Only the page makes offers on it, so there is no glare. */
export class Publisher {
  #options
  #enqueue = serialQueue((error) => console.error('Publishing: a description failed.', error))
  /** @type {RTCRtpTransceiver | undefined} */ #screen
  #offerWanted = false
  #restartWanted = false
  #unwatch

  /** @param {LegOptions} options */
  constructor (options) {
    this.#options = options
    this.connection = new RTCPeerConnection({ iceServers: options.iceServers, bundlePolicy: 'max-bundle' })
    sendCandidates(this.connection, options.sendCandidate)
    this.#unwatch = watchConnection(this.connection, GRACE_MS, (tries) => this.#mend(tries))
  }

  /** Sends what is not sent yet of the stream. @param {MediaStream} stream */
  send (stream) {
    const sent = new Set(this.connection.getSenders().map((sender) => sender.track))
    const tracks = stream.getTracks().filter((track) => !sent.has(track))
    for (const track of tracks) this.#place(track, stream)
    if (tracks.length > 0) this.#offer()
  }

  /** The screen is a second video track of the same stream. @param {MediaStreamTrack} track @param {MediaStream} stream */
  async share (track, stream) {
    if (this.#screen) {
      await this.#screen.sender.replaceTrack(track)
      this.#screen.direction = 'sendonly'
    } else {
      this.#screen = this.connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
    }
    this.#offer()
  }

  /** Keeps the m-line for the next time: each new one would stay in the description for good. */
  async unshare () {
    if (!this.#screen || this.#screen.direction === 'inactive') return
    this.#screen.direction = 'inactive'
    await this.#screen.sender.replaceTrack(null)
    this.#offer()
  }

  restartIce () {
    this.#restartWanted = true
    this.#offer()
  }

  /** @param {RTCSessionDescriptionInit} description */
  answer (description) {
    return this.#enqueue(async () => {
      if (this.connection.signalingState !== 'have-local-offer') return // stray or repeated
      await this.connection.setRemoteDescription(description)
      this.#options.described()
      if (this.#offerWanted) this.#offer()
    })
  }

  close () {
    this.#unwatch()
    this.connection.close()
  }

  /** A track that ended (camera unplugged, then back) leaves its m-line to the next one of its kind. @param {MediaStreamTrack} track @param {MediaStream} stream */
  #place (track, stream) {
    const ended = this.connection.getTransceivers().find((transceiver) =>
      transceiver !== this.#screen && transceiver.sender.track?.kind === track.kind && transceiver.sender.track.readyState === 'ended')
    if (ended) ended.sender.replaceTrack(track).catch((error) => console.error('The new track was refused.', error))
    else this.connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
  }

  /** One offer is under way at a time; what changes meanwhile goes into the next. */
  #offer () {
    this.#offerWanted = true
    this.#enqueue(async () => {
      if (!this.#offerWanted || this.connection.signalingState !== 'stable') return
      const iceRestart = this.#restartWanted
      this.#offerWanted = this.#restartWanted = false
      await this.connection.setLocalDescription(await this.connection.createOffer({ iceRestart }))
      const sdp = markScreen(this.connection.localDescription?.sdp ?? '', this.#screen?.mid)
      this.#options.sendDescription({ type: 'offer', sdp })
    })
  }

  /** @param {number} tries */
  #mend (tries) {
    if (tries > MAX_RESTARTS) this.#options.lost('Your picture and sound no longer reach the server.')
    else this.restartIce()
  }
}
