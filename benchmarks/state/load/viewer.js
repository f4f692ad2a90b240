// A receiver of whoever offers it a stream by SDP.
import { randomInt } from 'node:crypto'
import { RtcpReceiverInfo, RtcpRrPacket } from 'werift'
import { parseSdp } from '../../../dist/lib/media/sdp.js'
import { ownCodecs } from '../../../dist/lib/media/werift/codecs.js'
import { readOptions } from '../../../dist/lib/media/werift/options.js'
import { readRtp } from '../../../dist/lib/media/werift/rtp.js'
import { writeSdp } from '../../../dist/lib/media/werift/sdp-writer.js'
import { Transport } from '../../../dist/lib/media/werift/transport.js'
import { silentLogger } from '../../../dist/lib/util/logger.js'

const SETTINGS = readOptions({ interfaceAddresses: ['127.0.0.1'] })
export const CODECS = ownCodecs('video', ['vp8'])

export async function describe (transport, setup, media) {
  const candidates = await transport.gather()
  return writeSdp({ sessionId: 1, version: 1, setup, transport: transport.local, candidates, complete: true, media })
}

/** @param events of a transport, as far as they matter */
export function transportWith (offers, events) {
  return new Transport({ settings: SETTINGS, ports: null, log: silentLogger }, offers, { rtp () {}, rtcp () {}, candidate () {}, connected () {}, ...events })
}

/** One connection that receives, and counts what comes. */
export class Viewer {
  packets = 0
  bytes = 0
  /** The connection came to nothing. */
  hasFailed = false
  #ssrc = randomInt(1, 0xffff_ffff)
  #transport = null
  #streams = new Map()

  /** @returns the answer to an offer, the first or a later one; null when there is nothing to connect to */
  async answer (offer) {
    const { media } = parseSdp(offer)
    const remote = media.find(({ ufrag, port }) => ufrag !== null && port !== 0)
    if (remote === undefined) return null
    const transport = this.#transport ??= transportWith(false, { rtp: (packet) => this.#received(packet), ended: () => { this.hasFailed = true } })
    const sections = media.map(({ kind, mid, direction }) => ({ kind, mid, direction: direction === 'inactive' ? 'inactive' : 'recvonly', codecs: CODECS }))
    const sdp = await describe(transport, 'active', sections)
    transport.connect({ ...remote, setup: 'passive' })
    return sdp
  }

  async close () { await this.#transport?.close() }

  /** What a browser tells about each stream once a second. */
  report () {
    const reports = [...this.#streams].map(([ssrc, highestSequence]) => new RtcpReceiverInfo({
      ssrc, fractionLost: 0, packetsLost: 0, highestSequence, jitter: 0, lsr: 0, dlsr: 0
    }))
    if (reports.length > 0) this.#transport?.sendRtcp([new RtcpRrPacket({ ssrc: this.#ssrc, reports })])
  }

  #received (packet) {
    const { ssrc, sequence } = readRtp(packet)
    this.packets++
    this.bytes += packet.length
    this.#streams.set(ssrc, sequence)
  }
}
