// A participant without a browser: signalling by WebSocket, two connections, packets made by hand.
import { randomInt } from 'node:crypto'
import { WebSocket } from 'ws'
import { parseSdp } from '../../../dist/lib/media/sdp.js'
import { RewrittenHeader } from '../../../dist/lib/media/werift/rtp.js'
import { tokenFor } from '../../token.js'
import { framePayloads } from './stream.js'
import { CODECS, Viewer, describe, transportWith } from './viewer.js'

const VP8 = CODECS[0].payloadType
const RTP_TICKS_PER_FRAME = 3_000

/** Thrown by `join` when the engine takes nobody more. */
export class Refused extends Error {
  constructor (error) {
    super(JSON.stringify(error))
    this.answer = error
  }
}

export class Participant {
  #hasFailed = false
  #socket
  #waiting = new Map()
  #publish = null
  #viewer = new Viewer()
  #ssrc = randomInt(1, 0xffff_ffff)
  #header = new RewrittenHeader(this.#ssrc)
  #payloads = framePayloads()
  #sequence = 0
  #frames = 0

  get publishing () { return this.#publish?.connected === true }
  get packets () { return this.#viewer.packets }
  get bytes () { return this.#viewer.bytes }
  /** A connection came to nothing. */
  get hasFailed () { return this.#hasFailed || this.#viewer.hasFailed }
  get frames () { return this.#frames }

  /** @throws Refused when `start` is answered -7001 */
  async join ({ port, secret, userId, roomId }) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/mse`)
    this.#socket.on('message', (data) => this.#take(JSON.parse(data)))
    await new Promise((resolve, reject) => this.#socket.once('open', resolve).once('error', reject))
    await this.#call('auth', { token: tokenFor(secret, { userId, roomId }), version: '1.0' })
    await this.#call('start')
    return this
  }

  async publish () {
    this.#publish = transportWith(true, { ended: () => { this.#hasFailed = true } })
    const stream = { id: 'own', trackId: 'video', ssrc: this.#ssrc, rtxSsrc: this.#ssrc ^ 1, cname: 'own' }
    const sdp = await describe(this.#publish, 'actpass', [{ kind: 'video', mid: '0', direction: 'sendonly', codecs: CODECS, stream }])
    this.#notify('sdpOffer', { offer: { type: 'offer', sdp } })
  }

  sendFrame () {
    const timestamp = this.#frames++ * RTP_TICKS_PER_FRAME
    for (const [index, payload] of this.#payloads.entries()) {
      const flags = { marker: index === this.#payloads.length - 1, padding: false }
      this.#publish.sendRtp(payload, this.#header.rewrite(VP8, flags, this.#sequence++ & 0xffff, timestamp))
    }
  }

  report () { this.#viewer.report() }

  leave () {
    this.#socket.terminate()
    for (const one of [this.#publish, this.#viewer]) one?.close().catch(() => {})
  }

  #call (method, params) {
    return new Promise((resolve, reject) => {
      const id = this.#waiting.size + 1
      this.#waiting.set(id, ({ error, result }) => error === undefined ? resolve(result) : reject(new Refused(error)))
      this.#socket.send(JSON.stringify({ id, method, jsonrpc: '2.0', params }))
    })
  }

  #notify (method, params) {
    this.#socket.send(JSON.stringify({ id: null, method, jsonrpc: '2.0', params }))
  }

  #take ({ id, method, params, ...answer }) {
    if (method === undefined) this.#waiting.get(id)?.(answer)
    else if (method === 'sdpOffer') this.#described(params.offer)
  }

  async #described ({ type, sdp }) {
    if (type === 'answer') {
      const remote = parseSdp(sdp)?.media.find(({ ufrag, port }) => ufrag !== null && port !== 0)
      if (remote !== undefined) this.#publish.connect(remote)
      return
    }
    const answer = await this.#viewer.answer(sdp)
    if (answer !== null) this.#notify('sdpOffer', { offer: { type: 'answer', sdp: answer } })
  }
}
