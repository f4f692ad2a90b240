import { isIP, isIPv6 } from 'node:net'
import { IceCandidate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceGatherer, RTCIceParameters, RTCIceTransport, RtcpPacketConverter, isMedia, isRtcp, parseIceServers } from 'werift'
import type { RtcpPacket } from 'werift'
import type { Logger } from '../../util/logger.ts'
import type { Candidate } from '../engine.ts'
import type { SdpMedia } from '../sdp.ts'
import { sendDatagram } from './datagrams.ts'
import { proveBindable } from './options.ts'
import type { Settings } from './options.ts'
import type { PortPool } from './port-pool.ts'
import type { RewrittenHeader } from './rtp.ts'
import { AES_GCM, SrtpSender } from './srtp-sender.ts'

/** What a transport tells its connection. */
export interface TransportEvents {
  /** A decrypted RTP packet. */
  rtp (packet: Buffer): void
  rtcp (packet: RtcpPacket): void
  /** A candidate that was found after the description was written; null when there are no more. */
  candidate (line: string | null): void
  /** ICE and DTLS are up for the first time, or ICE is up again after a restart. */
  connected (): void
  /** DTLS has failed or the other side has closed it. Nothing comes after it. */
  ended (why: 'closed' | 'failed'): void
}

/** AEAD_AES_128_GCM (RFC 7714) before AES128_CM_HMAC_SHA1_80 (RFC 5764). */
const SRTP_PROFILES = [AES_GCM, 0x0001] as const

/** What transports share. */
export interface TransportEnvironment {
  readonly settings: Settings
  readonly ports: PortPool | null
  readonly log: Logger
  /** The address that media go through cannot be bound any more. */
  readonly lost?: (error: unknown) => void
}

/** What the other side's description says of its transport. */
export type RemoteTransport = Pick<SdpMedia, 'ufrag' | 'password' | 'fingerprints' | 'setup'>

/**
 * One bundled connection: ICE, DTLS and SRTP of werift, without its RTCPeerConnection.
 *
 * werift's `RTCPeerConnection` offers inactive m-lines with port 0, re-offers with `setup:passive`, recycles m-lines of the wrong kind,
 * throws on port-0 m-lines as an answerer, and after an ICE restart never starts ICE again once DTLS is up. This engine
 * writes its own SDP instead, and meets none of them.
 */
export class Transport {
  readonly #environment: TransportEnvironment
  readonly #events: TransportEvents
  readonly #gatherer: RTCIceGatherer
  readonly #ice: RTCIceTransport
  readonly #dtls: RTCDtlsTransport
  readonly #offers: boolean
  readonly #port: number | null
  #remote: RemoteTransport | null = null
  #gathering: Promise<void> | undefined
  #described = false
  #attempt = 0
  #up = false
  #closed: Promise<void> | undefined
  #received = 0
  #srtpSender: SrtpSender | null = null

  /** @param offers whether this engine is the connection's offerer: it controls ICE then */
  constructor (environment: TransportEnvironment, offers: boolean, events: TransportEvents) {
    this.#environment = environment
    this.#events = events
    this.#offers = offers
    this.#port = environment.ports?.take() ?? null
    this.#gatherer = new RTCIceGatherer(iceOptions(environment.settings, this.#port))
    // Without a STUN server werift asks Google's, whatever `iceServers` says, and gathering takes 5 s where that is out of reach.
    if (parseIceServers(weriftServers(environment.settings)).stunServer === undefined) delete this.#gatherer.connection.stunServer
    this.#ice = new RTCIceTransport(this.#gatherer)
    this.#ice.connection.iceControlling = offers
    this.#ice.onIceCandidate.subscribe((found) => this.#found(found))
    this.#dtls = new RTCDtlsTransport({}, this.#ice, RTCDtlsTransport.localCertificate, [...SRTP_PROFILES])
    // Keeps werift from parsing every packet into objects of its own; `#startSrtp` reads the bytes instead.
    this.#dtls.srtpStarted = true
    this.#dtls.onStateChange.subscribe((state) => {
      if (state === 'closed' || state === 'failed') this.#ended(state)
    })
  }

  /** For the description: this side's ICE credentials and certificate. */
  get local (): { ufrag: string, password: string, fingerprints: Array<{ algorithm: string, value: string }> } {
    const { localUsername, localPassword } = this.#ice.connection
    return { ufrag: localUsername, password: localPassword, fingerprints: this.#dtls.localParameters.fingerprints }
  }

  /** True while packets can be sent. */
  get connected (): boolean {
    return this.#up && this.#closed === undefined
  }

  /** Grows while the other side gives any sign of life: media, reports, ICE checks or consent. */
  get lifeSigns (): number {
    const pair = this.#ice.connection.nominated
    return this.#received + (pair === undefined ? 0 : pair.requestsReceived + pair.responsesReceived)
  }

  /**
   * Finds candidates. Resolves when the first ones are there, or all of them when no server has to be asked.
   * @throws when no socket could be opened
   */
  async gather (): Promise<string[]> {
    if (this.#environment.ports !== null && this.#port === null) throw new Error('no port of portRange is free')
    await this.#proveAddress()
    if (this.#closed !== undefined) return []
    this.#described = false
    this.#gathering = this.#ice.gather()
    if (this.#environment.settings.iceServers.length === 0) await this.#gathering
    else await Promise.race([this.#gathering, this.#firstCandidate()])
    this.#described = true
    const found = this.#lines()
    if (found.length === 0 && this.#closed === undefined) throw new Error('no candidate: is the address bindable, is portRange exhausted?')
    return found
  }

  /** An interface may go while the engine runs, and a socket of werift that cannot be bound ends the process. */
  async #proveAddress (): Promise<void> {
    try {
      await proveBindable(this.#environment.settings)
    } catch (error) {
      this.#environment.lost?.(error)
      throw error
    }
  }

  /** True when nothing more will be found after the description. */
  get gathered (): boolean {
    return this.#gatherer.gatheringState === 'complete'
  }

  /** Whether the description comes from another DTLS endpoint than the one that this transport talks to. */
  isStranger (remote: RemoteTransport): boolean {
    return this.#remote !== null && !sameFingerprints(this.#remote, remote)
  }

  /** Whether the description asks for an ICE restart. */
  isRestart (remote: RemoteTransport): boolean {
    return this.#remote !== null && (this.#remote.ufrag !== remote.ufrag || this.#remote.password !== remote.password)
  }

  /** New ICE credentials; candidates must be gathered and described again. Sending pauses until the other side has followed. */
  restart (): void {
    this.#attempt++
    this.#ice.restart()
    this.#remote = this.#remote === null ? null : { ...this.#remote, ufrag: null, password: null }
  }

  /** Takes the other side's parameters and starts, or starts over after {@link restart}. */
  connect (remote: RemoteTransport): void {
    const first = this.#remote === null
    const changed = first || this.isRestart(remote)
    this.#remote = remote
    if (!changed || this.#closed !== undefined) return
    this.#ice.setRemoteParams(new RTCIceParameters({ usernameFragment: remote.ufrag ?? '', password: remote.password ?? '' }))
    if (first) this.#prepareDtls(remote)
    const attempt = ++this.#attempt
    this.#start(attempt).catch((error: unknown) => {
      if (attempt !== this.#attempt || this.#closed !== undefined) return
      this.#environment.log.debug({ err: error }, 'media transport could not connect')
      if (this.#dtls.state !== 'connected') this.#ended('failed')
    })
  }

  /** A candidate of the other side. What is no plain UDP candidate with an IP address is ignored: werift would look names up, and throws on odd ports. */
  addCandidate (candidate: Candidate): void {
    const parsed = readCandidate(candidate)
    if (parsed === null || this.#closed !== undefined) return
    this.#ice.addRemoteCandidate(parsed)?.catch(ignore)
  }

  sendRtp (payload: Buffer, header: RewrittenHeader): void {
    if (!this.connected || this.#srtpSender === null) return
    sendDatagram(this.#ice.connection, this.#srtpSender.protect(payload, header))
  }

  sendRtcp (packets: RtcpPacket[]): void {
    if (!this.connected || packets.length === 0) return
    this.#dtls.sendRtcp(packets).catch((error: unknown) => this.#environment.log.debug({ err: error }, 'RTCP was not sent'))
  }

  /** Idempotent. Resolves when the socket is closed. */
  close (): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close (): Promise<void> {
    try {
      // A socket that is still being opened would outlive the close; a STUN server that does not answer would hold it up for 5 s.
      if (this.#gathering !== undefined) await Promise.race([this.#gathering, this.#firstCandidate()])
      this.#abandonHandshake()
      await this.#dtls.stop()
      this.#ice.connection.onData.complete()
    } finally {
      if (this.#port !== null) this.#environment.ports?.give(this.#port)
    }
    // A TURN allocation that is granted after the close.
    this.#gathering?.then(() => this.#ice.connection.close()).catch(ignore)
  }

  /** werift goes on to repeat an unanswered DTLS flight for 33 s, with timers that keep the process alive, unless it believes to be past it. */
  #abandonHandshake (): void {
    const handshake = this.#dtls.dtls?.dtls
    // A DTLS client begins 100 ms after it was told to, so what werift writes here later must not count.
    if (handshake !== undefined) Object.defineProperty(handshake, 'flight', { get: () => Infinity, set: () => {} })
  }

  #prepareDtls (remote: RemoteTransport): void {
    const fingerprints = remote.fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value))
    this.#dtls.setRemoteParams(new RTCDtlsParameters(fingerprints, 'auto'))
    this.#dtls.role = remote.setup === 'passive' ? 'client' : 'server'
  }

  async #start (attempt: number): Promise<void> {
    await this.#ice.start()
    if (attempt !== this.#attempt || this.#closed !== undefined) return
    if (this.#dtls.state === 'new') {
      await this.#dtls.start()
      this.#startSrtp()
    }
    if (this.#closed !== undefined) return
    this.#up = true
    this.#events.connected()
  }

  #startSrtp (): void {
    this.#dtls.updateSrtpSession()
    this.#srtpSender = new SrtpSender(this.#dtls.srtp)
    this.#ice.connection.onData.subscribe((data) => {
      this.#received++
      if (!isMedia(data)) return
      try {
        if (isRtcp(data)) RtcpPacketConverter.deSerialize(this.#dtls.srtcp.decrypt(data)).forEach((packet) => this.#events.rtcp(packet))
        else this.#events.rtp(this.#dtls.srtp.decrypt(data))
      } catch (error) {
        // Not ours, replayed or damaged: UDP brings anything.
        this.#environment.log.debug({ err: error }, 'a media packet was dropped')
      }
    })
  }

  #ended (why: 'closed' | 'failed'): void {
    if (this.#closed !== undefined) return
    this.#up = false
    this.#events.ended(why)
  }

  #found (found: IceCandidate | undefined): void {
    if (!this.#described || this.#closed !== undefined) return
    if (found === undefined) this.#events.candidate(null)
    else this.#describe(found).forEach((line) => this.#events.candidate(line))
  }

  #firstCandidate (): Promise<void> {
    if (this.#ice.localCandidates.length > 0) return Promise.resolve()
    return new Promise((resolve) => this.#ice.onIceCandidate.once(() => resolve()))
  }

  #lines (): string[] {
    return this.#ice.localCandidates.flatMap((found) => this.#describe(found))
  }

  /** One socket serves every address: a host candidate is told once for each of them. */
  #describe (found: IceCandidate): string[] {
    const { settings } = this.#environment
    const hosts = found.type === 'host' ? settings.addresses : [found.ip]
    return hosts.map((host, index) => {
      const related = found.relatedAddress === undefined ? '' : ` raddr ${found.relatedAddress} rport ${found.relatedPort ?? 0}`
      return `candidate:${found.foundation.replace(/^candidate:/, '')}${index} 1 udp ${found.priority - index} ${host} ${found.port} typ ${found.type}${related} ufrag ${this.local.ufrag}`
    })
  }
}

/**
 * One socket per connection. werift would open one per address of the machine; told to use neither IPv4 nor IPv6 it
 * opens sockets for `additionalHostAddresses` only. That is also the only way to have it on loopback alone.
 */
function iceOptions (settings: Settings, port: number | null): ConstructorParameters<typeof RTCIceGatherer>[0] {
  const address = settings.bindAddress
  const host = address ?? (isIPv6(settings.addresses[0] ?? '') ? '::' : '0.0.0.0')
  return {
    ...parseIceServers(weriftServers(settings)),
    useIpv4: false,
    useIpv6: false,
    additionalHostAddresses: [host],
    ...(address === null ? {} : { interfaceAddresses: { [isIPv6(address) ? 'udp6' : 'udp4']: address } }),
    ...(port === null ? {} : { portRange: [port, port] as [number, number] })
  }
}

function weriftServers (settings: Settings): Array<{ urls: string | string[], username?: string, credential?: string }> {
  return settings.iceServers.map((server) => ({ ...server, urls: typeof server.urls === 'string' ? server.urls : [...server.urls] }))
}

const ignore = (): void => {}

function sameFingerprints (a: RemoteTransport, b: RemoteTransport): boolean {
  return b.fingerprints.some((one) => a.fingerprints.some((other) => one.algorithm === other.algorithm && one.value.toLowerCase() === other.value.toLowerCase()))
}

function readCandidate (candidate: Candidate): IceCandidate | null {
  const [foundation = '', component, protocol = '', priority, ip = '', port, , type = ''] = candidate.candidate.replace(/^(a=)?candidate:/, '').trim().split(/\s+/)
  const number = Number(port)
  const usable = component === '1' && protocol.toLowerCase() === 'udp' && isIP(ip) !== 0 && Number.isInteger(number) && number >= 1 && number <= 65_535
  if (!usable || !['host', 'srflx', 'prflx', 'relay'].includes(type)) return null
  // No generation: after a restart werift refuses to nominate a pair whose remote generation is not its own count.
  return new IceCandidate(1, foundation, ip, number, Number(priority) >>> 0, 'udp', type)
}
