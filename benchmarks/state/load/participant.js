// A participant without a browser: signalling by WebSocket, two connections, packets made by hand.
import { randomInt } from 'node:crypto'
import { RtcpReceiverInfo, RtcpRrPacket } from 'werift'
import { WebSocket } from 'ws'
import { parseSdp } from '../../../dist/lib/media/sdp.js'
import { ownCodecs } from '../../../dist/lib/media/werift/codecs.js'
import { readOptions } from '../../../dist/lib/media/werift/options.js'
import { RewrittenHeader, readRtp } from '../../../dist/lib/media/werift/rtp.js'
import { writeSdp } from '../../../dist/lib/media/werift/sdp-writer.js'
import { Transport } from '../../../dist/lib/media/werift/transport.js'
import { silentLogger } from '../../../dist/lib/util/logger.js'
import { tokenFor } from '../../token.js'
import { framePayloads } from './stream.js'

const SETTINGS = readOptions({ interfaceAddresses: ['127.0.0.1'] })
const CODECS = ownCodecs('video', ['vp8'])
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
  packets = 0
  bytes = 0
  /** A connection came to nothing. */
  hasFailed = false
  #socket
  #waiting = new Map()
  #publish = null
  #subscribe = null
  #streams = new Map()
  #ssrc = randomInt(1, 0xffff_ffff)
  #header = new RewrittenHeader(this.#ssrc)
  #payloads = framePayloads()
  #sequence = 0
  #frames = 0

  get publishing () { return this.#publish?.connected === true }
  get subscribing () { return this.#subscribe?.connected === true }
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
    this.#publish = this.#transport(true)
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

  /** What a browser tells about each stream once a second. */
  report () {
    const reports = [...this.#streams].map(([ssrc, highestSequence]) => new RtcpReceiverInfo({
      ssrc, fractionLost: 0, packetsLost: 0, highestSequence, jitter: 0, lsr: 0, dlsr: 0
    }))
    if (reports.length > 0) this.#subscribe?.sendRtcp([new RtcpRrPacket({ ssrc: this.#ssrc, reports })])
  }

  leave () {
    this.#socket.terminate()
    for (const transport of [this.#publish, this.#subscribe]) transport?.close().catch(() => {})
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

  #described ({ type, sdp }) {
    const remote = parseSdp(sdp)?.media.find(({ ufrag, port }) => ufrag !== null && port !== 0)
    if (remote === undefined) return
    if (type === 'answer') this.#publish.connect(remote)
    else this.#answer(remote, sdp)
  }

  async #answer (remote, offer) {
    const transport = this.#subscribe ??= this.#transport(false)
    const media = parseSdp(offer).media.map(({ kind, mid, direction }) => ({
      kind, mid, direction: direction === 'inactive' ? 'inactive' : 'recvonly', codecs: CODECS
    }))
    const sdp = await describe(transport, 'active', media)
    transport.connect({ ...remote, setup: 'passive' })
    this.#notify('sdpOffer', { offer: { type: 'answer', sdp } })
  }

  #transport (offers) {
    return new Transport({ settings: SETTINGS, ports: null, log: silentLogger }, offers, {
      rtp: (packet) => this.#received(packet), rtcp () {}, candidate () {}, connected () {}, ended: () => { this.hasFailed = true }
    })
  }

  #received (packet) {
    const { ssrc, sequence } = readRtp(packet)
    this.packets++
    this.bytes += packet.length
    this.#streams.set(ssrc, sequence)
  }
}

async function describe (transport, setup, media) {
  const candidates = await transport.gather()
  return writeSdp({ sessionId: 1, version: 1, setup, transport: transport.local, candidates, complete: true, media })
}
