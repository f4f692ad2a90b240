// @ts-check
/* global RTCPeerConnection */
import { sendCandidates } from './candidates.js'
import { serialQueue, watchConnection } from './connection.js'
import { Roster } from './roster.js'

/** The server restarts ICE on this connection; when it has not by then, it will not. */
const GRACE_MS = 10_000

/** The connection that brings the others' media. Only the server makes offers on it, the page answers. */
export class Subscriber {
  #options
  #enqueue = serialQueue((error) => console.error('Subscribing: a description failed.', error))
  #roster = new Roster()
  #unwatch

  /** @param {import('./publisher.js').LegOptions & { changed: (people: import('./roster.js').People) => void }} options */
  constructor (options) {
    this.#options = options
    this.connection = new RTCPeerConnection({ iceServers: options.iceServers, bundlePolicy: 'max-bundle' })
    sendCandidates(this.connection, options.sendCandidate)
    this.connection.addEventListener('track', (event) => this.#roster.remember(event))
    this.#unwatch = watchConnection(this.connection, GRACE_MS, () => this.#giveUp())
  }

  /** @param {RTCSessionDescriptionInit} description */
  offer (description) {
    return this.#enqueue(async () => {
      await this.connection.setRemoteDescription(description)
      this.#options.described()
      await this.connection.setLocalDescription(await this.connection.createAnswer())
      this.#options.sendDescription({ type: 'answer', sdp: this.connection.localDescription?.sdp ?? '' })
      this.#options.changed(this.#roster.read(this.connection))
    })
  }

  close () {
    this.#unwatch()
    this.connection.close()
  }

  /** With nobody else in the room there is nothing to lose. */
  #giveUp () {
    if (this.#roster.size > 0) this.#options.lost('The others no longer reach you.')
  }
}
