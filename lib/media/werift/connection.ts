import { randomInt } from 'node:crypto'
import { RtcpSrPacket } from 'werift'
import type { RtcpPacket } from 'werift'
import type { Clock } from '../../util/clock.ts'
import type { Candidate, Description, PeerEnd } from '../engine.ts'
import type { SdpMedia } from '../sdp.ts'
import type { DownTrack, DownTrackHost } from './down-track.ts'
import { takeFeedback } from './feedback.ts'
import type { RewrittenHeader } from './rtp.ts'
import { writeSdp } from './sdp-writer.ts'
import type { DescriptionLines } from './sdp-writer.ts'
import { Transport } from './transport.ts'
import type { RemoteTransport, TransportEnvironment } from './transport.ts'

/** What a connection asks of its participant. */
export interface ConnectionHost {
  readonly clock: Clock
  readonly environment: TransportEnvironment
  sendDescription (description: Description): void
  sendCandidate (candidate: Candidate): void
  /** The connection cannot go on and takes its participant with it. */
  failed (reason: PeerEnd): void
}

/** What a connection tells the leg that it serves. */
export interface ConnectionEvents {
  rtp (packet: Buffer): void
  senderReport (packet: RtcpSrPacket): void
  /** The forwarded track that a report or request of the client is about. */
  downTrack (mediaSsrc: number): DownTrack | undefined
  connected (): void
  /** The client has closed it, or DTLS failed. */
  ended (): void
}

/** One peer connection of a participant: a transport that may be replaced, descriptions that count up, and a pulse. */
export class Connection implements DownTrackHost {
  readonly clock: Clock
  readonly #host: ConnectionHost
  readonly #offers: boolean
  readonly #events: ConnectionEvents
  // Constant for the connection. werift makes a new one each time; a description must not be recognised by it.
  readonly #sessionId = randomInt(1, 0x7fff_ffff)
  #version = 0
  #transport: Transport | null = null
  #ended = false
  #closed = false
  #lifeSigns = 0
  #aliveAt: number
  #expecting = false
  #firstMid = '0'

  /** @param offers whether the engine is the offerer */
  constructor (host: ConnectionHost, offers: boolean, events: ConnectionEvents) {
    this.clock = host.clock
    this.#host = host
    this.#offers = offers
    this.#events = events
    this.#aliveAt = host.clock.now()
  }

  /** True while packets can be sent. */
  get ready (): boolean {
    return this.#transport?.connected === true
  }

  /** There is a transport whose other side has not gone. */
  get open (): boolean {
    return this.#transport !== null && !this.#ended
  }

  /** Milliseconds without any sign of life where there should be some. */
  get silentMs (): number {
    return this.#expecting ? this.clock.now() - this.#aliveAt : 0
  }

  /** Looks for signs of life; call it about once a second. */
  pulse (): void {
    const signs = this.#transport?.lifeSigns ?? 0
    if (signs > this.#lifeSigns) this.#aliveAt = this.clock.now()
    // After an ICE restart the count begins anew.
    this.#lifeSigns = signs
  }

  /** A transport for an offer of the engine: a fresh one when there is none that lives. */
  prepare (): void {
    if (!this.open) this.replace()
  }

  /** New ICE credentials in the next description. */
  restart (): void {
    this.#transport?.restart()
  }

  /**
   * A transport that fits the client's offer: the present one, restarted when the offer says so, or a fresh one for another DTLS endpoint.
   * @returns true when a connection that was there before begins anew in either way
   */
  follow (remote: RemoteTransport): boolean {
    const transport = this.#transport
    const stranger = transport === null || this.#ended || transport.isStranger(remote)
    const restarts = !stranger && transport.isRestart(remote)
    if (stranger) this.replace()
    if (restarts) this.restart()
    return restarts || (stranger && transport !== null)
  }

  /** Whether the description comes from another DTLS endpoint than before: the client has made a new peer connection. */
  isStranger (remote: RemoteTransport): boolean {
    return this.#transport?.isStranger(remote) === true
  }

  /** Writes the next description, with the candidates that are known. @throws when there is no way to be reached */
  async describe (media: DescriptionLines['media'], setup: DescriptionLines['setup']): Promise<string> {
    const transport = this.#transport
    if (transport === null) throw new Error('the connection is closed')
    this.#firstMid = media.flatMap((line) => 'mid' in line ? [line.mid] : [])[0] ?? '0'
    const candidates = await transport.gather()
    return writeSdp({ sessionId: this.#sessionId, version: ++this.#version, setup, transport: transport.local, candidates, complete: transport.gathered, media })
  }

  /** Starts ICE and DTLS towards the client, if they are not under way to the same place already. */
  connect (remote: RemoteTransport): void {
    if (this.#transport === null) return
    if (!this.#expecting) this.#aliveAt = this.clock.now()
    this.#expecting = true
    this.#transport.connect(remote)
  }

  /** Never awaited: a candidate must not hold up a description. */
  addCandidate (candidate: Candidate): void {
    this.#transport?.addCandidate(candidate)
  }

  sendRtp (payload: Buffer, header: RewrittenHeader): void {
    this.#transport?.sendRtp(payload, header)
  }

  sendRtcp (packets: RtcpPacket[]): void {
    this.#transport?.sendRtcp(packets)
  }

  async close (): Promise<void> {
    this.#closed = true
    this.#expecting = false
    const transport = this.#transport
    this.#transport = null
    await transport?.close()
  }

  /** A fresh transport in place of the one before. */
  replace (): void {
    if (this.#closed) return
    this.#transport?.close().catch((error: unknown) => this.#host.environment.log.warn({ err: error }, 'a media transport did not close'))
    this.#ended = false
    this.#expecting = false
    this.#lifeSigns = 0
    // What an abandoned transport still has to say is not heard.
    const heard = <A extends unknown[]>(listener: (...args: A) => void) => (...args: A): void => { if (this.#transport === transport) listener(...args) }
    const transport = new Transport(this.#host.environment, this.#offers, {
      rtp: heard((packet: Buffer) => this.#events.rtp(packet)),
      rtcp: heard((packet: RtcpPacket) => this.#receiveRtcp(packet)),
      candidate: heard((line: string | null) => this.#sendCandidate(line)),
      connected: heard(() => this.#events.connected()),
      ended: heard(() => {
        this.#ended = true
        this.#expecting = false
        this.#events.ended()
      })
    })
    this.#transport = transport
  }

  #receiveRtcp (packet: RtcpPacket): void {
    takeFeedback(packet, (mediaSsrc) => this.#events.downTrack(mediaSsrc))
    if (packet instanceof RtcpSrPacket) this.#events.senderReport(packet)
  }

  #sendCandidate (line: string | null): void {
    this.#host.sendCandidate({ candidate: line ?? '', sdpMid: this.#firstMid, sdpMLineIndex: 0, usernameFragment: this.#transport?.local.ufrag ?? null })
  }
}

/** The first m-line of a description that can carry a transport; null when nothing could come of it. */
export function bundledTransport (media: readonly SdpMedia[]): SdpMedia | null {
  return media.find((line) => line.port !== 0 && line.ufrag !== null && line.password !== null && line.fingerprints.length > 0) ?? null
}
