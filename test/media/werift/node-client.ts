import { randomInt } from 'node:crypto'
import type { Candidate, Description, MediaEngine, MediaPeer, PeerEnd } from '../../../lib/media/engine.ts'
import { parseSdp } from '../../../lib/media/sdp.ts'
import type { SdpMedia } from '../../../lib/media/sdp.ts'
import { ownCodecs } from '../../../lib/media/werift/codecs.ts'
import type { MediaKind } from '../../../lib/media/werift/codecs.ts'
import { readOptions } from '../../../lib/media/werift/options.ts'
import { RewrittenHeader, readRtp } from '../../../lib/media/werift/rtp.ts'
import type { RtpView } from '../../../lib/media/werift/rtp.ts'
import { writeSdp } from '../../../lib/media/werift/sdp-writer.ts'
import { Transport } from '../../../lib/media/werift/transport.ts'
import type { RtcpPacket } from 'werift'
import { silentLogger } from '../../../lib/util/logger.ts'

const SETTINGS = readOptions({ interfaceAddresses: ['127.0.0.1'] })

/** A participant without a browser: two connections, packets made by hand. */
export class NodeClient {
  readonly userId: string
  readonly ssrcs = { audio: randomInt(1, 0xffff_ffff), video: randomInt(1, 0xffff_ffff) } as const
  readonly descriptions: Description[] = []
  readonly candidates: Candidate[] = []
  readonly received: RtpView[] = []
  readonly rtcp: RtcpPacket[] = []
  ended: PeerEnd | null = null
  peer: MediaPeer | null = null
  /** Set to keep quiet when an offer comes. */
  answers = true
  readonly abort = new AbortController()
  #publish: Transport | null = null
  #subscribe: Transport | null = null
  readonly #sequences = { audio: 100, video: 100 }

  constructor (userId: string) {
    this.userId = userId
  }

  get publishing (): boolean {
    return this.#publish?.connected === true
  }

  get subscribing (): boolean {
    return this.#subscribe?.connected === true
  }

  /** Stream ids of the newest offer. */
  get shown (): string[] {
    const offer = this.descriptions.findLast(({ type }) => type === 'offer')
    return [...new Set([...(offer?.sdp.matchAll(/a=msid:(\S+)/g) ?? [])].map(([, id]) => id ?? ''))]
  }

  async join (engine: MediaEngine, roomId: string): Promise<this> {
    this.peer = await engine.join({
      userId: this.userId,
      roomId,
      sessionId: `${this.userId}-session`,
      signal: this.abort.signal,
      sendDescription: (description) => this.#describe(description),
      sendCandidate: (candidate) => this.candidates.push(candidate),
      closed: (reason) => { this.ended = reason }
    })
    return this
  }

  async publish (kinds: readonly MediaKind[] = ['audio', 'video']): Promise<void> {
    this.#publish = this.#transport(true)
    const media = kinds.map((kind, index) => {
      const stream = { id: 'own', trackId: kind, ssrc: this.ssrcs[kind], rtxSsrc: this.ssrcs[kind] ^ 1, cname: 'own' }
      return { kind, mid: String(index), direction: 'sendonly', codecs: ownCodecs(kind, ['opus', 'vp8']), stream } as const
    })
    this.peer?.describe({ type: 'offer', sdp: await describe(this.#publish, 'actpass', media) })
  }

  /** A packet of the published track. A video packet is a whole VP8 frame. */
  send (kind: MediaKind, { keyframe = true, timestamp = 0, sequence = this.#sequences[kind]++ } = {}): number {
    const header = new RewrittenHeader(this.ssrcs[kind])
    const payload = kind === 'audio' ? Buffer.from('opus') : Buffer.from([0x10, keyframe ? 0 : 1, 0, 0])
    this.#publish?.sendRtp(payload, header.rewrite(kind === 'audio' ? 111 : 96, { marker: true, padding: false }, sequence & 0xffff, timestamp))
    return sequence
  }

  report (packets: RtcpPacket[], of: 'publish' | 'subscribe' = 'subscribe'): void {
    (of === 'publish' ? this.#publish : this.#subscribe)?.sendRtcp(packets)
  }

  async close (): Promise<void> {
    await Promise.all([this.peer?.close('left'), this.#publish?.close(), this.#subscribe?.close()])
  }

  #describe (description: Description): void {
    this.descriptions.push(description)
    const remote = parseSdp(description.sdp)?.media.find(({ ufrag, port }) => ufrag !== null && port !== 0)
    if (remote === undefined) return
    if (description.type === 'answer') this.#publish?.connect(remote)
    else if (this.answers) this.#answer(remote, description.sdp).catch(console.error)
  }

  async #answer (remote: SdpMedia, offer: string): Promise<void> {
    const transport = this.#subscribe ??= this.#transport(false)
    const media = (parseSdp(offer)?.media ?? []).map(({ kind, mid, direction }) => ({
      kind: kind as MediaKind,
      mid: mid ?? '',
      direction: direction === 'inactive' ? 'inactive' as const : 'recvonly' as const,
      codecs: ownCodecs(kind as MediaKind, ['opus', 'vp8'])
    }))
    if (transport.isRestart(remote)) transport.restart()
    const sdp = await describe(transport, 'active', media)
    transport.connect({ ...remote, setup: 'passive' })
    this.peer?.describe({ type: 'answer', sdp })
  }

  #transport (offers: boolean): Transport {
    return new Transport({ settings: SETTINGS, ports: null, log: silentLogger }, offers, {
      rtp: (packet) => { const view = readRtp(packet); if (view !== null) this.received.push(view) },
      rtcp: (packet) => this.rtcp.push(packet),
      candidate: () => {},
      connected: () => {},
      ended: () => {}
    })
  }
}

async function describe (transport: Transport, setup: 'actpass' | 'active', media: Parameters<typeof writeSdp>[0]['media']): Promise<string> {
  const candidates = await transport.gather()
  return writeSdp({ sessionId: 1, version: 1, setup, transport: transport.local, candidates, complete: true, media })
}

/** Waits until the condition holds: for what comes over a socket there is nothing to await. */
export async function until (what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 6_000; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`it never came about: ${what}`)
}
