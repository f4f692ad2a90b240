import { RTCDtlsTransport } from 'werift'
import { unavailable } from '../../protocol/errors.ts'
import type { Timer } from '../../util/clock.ts'
import type { EngineContext, EngineStats, MediaEngine, MediaPeer, PeerContext } from '../engine.ts'
import { proveBindable, readOptions } from './options.ts'
import type { Settings, WeriftEngineOptions } from './options.ts'
import { Peer } from './peer.ts'
import { PortPool } from './port-pool.ts'
import { Room } from './room.ts'
import type { TransportEnvironment } from './transport.ts'

const TICK_MS = 1_000

/** The embedded engine: a selective forwarding unit in this process, on werift's ICE, DTLS and SRTP. */
export class WeriftEngine implements MediaEngine {
  readonly name = 'werift'
  readonly #settings: Settings
  readonly #rooms = new Map<string, Room>()
  readonly #peers = new Set<Peer>()
  #context: EngineContext | null = null
  #environment: TransportEnvironment | null = null
  #ticking: Timer | undefined
  #closed: Promise<void> | undefined

  /** @throws RangeError for an option that cannot be */
  constructor (options: WeriftEngineOptions) {
    this.#settings = readOptions(options)
  }

  async open (context: EngineContext): Promise<void> {
    await proveBindable(this.#settings)
    // One certificate for the process; made here, so that the first participant does not wait for it.
    await RTCDtlsTransport.SetupCertificate()
    const { portRange } = this.#settings
    this.#environment = {
      settings: this.#settings,
      ports: portRange === null ? null : new PortPool(portRange),
      log: context.log,
      lost: (error) => context.failed?.(error)
    }
    this.#context = context
    this.#closed = undefined
  }

  async join (context: PeerContext): Promise<MediaPeer> {
    context.signal.throwIfAborted()
    const engine = this.#context
    const environment = this.#environment
    if (engine === null || environment === null || this.#closed !== undefined) throw unavailable(this.#settings.retryAfterMs)
    const room = this.#rooms.get(context.roomId) ?? new Room()
    if (!this.#admits(room)) throw unavailable(this.#settings.retryAfterMs)
    const peer: Peer = new Peer(context, {
      clock: engine.clock,
      environment,
      changed: () => room.sync(),
      left: () => this.#remove(peer, room, context.roomId)
    })
    this.#rooms.set(context.roomId, room)
    this.#peers.add(peer)
    room.add(peer)
    this.#tick()
    return peer
  }

  close (): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async stats (): Promise<EngineStats> {
    return {
      peers: this.#peers.size,
      rooms: this.#rooms.size,
      streams: this.#peers.size,
      maxStreams: this.#settings.maxStreams,
      forwards: this.#forwards,
      maxForwards: this.#settings.maxForwards
    }
  }

  get #forwards (): number {
    let sum = 0
    for (const room of this.#rooms.values()) sum += room.forwards
    return sum
  }

  #admits (room: Room): boolean {
    if (this.#peers.size >= this.#settings.maxStreams) return false
    return this.#forwards - room.forwards + room.forwardsWithOneMore <= this.#settings.maxForwards
  }

  #remove (peer: Peer, room: Room, roomId: string): void {
    this.#peers.delete(peer)
    room.remove(peer)
    if (room.size === 0) this.#rooms.delete(roomId)
    else room.sync()
  }

  /** One timer for everybody, which rests while nobody is there. */
  #tick (): void {
    if (this.#ticking !== undefined || this.#peers.size === 0 || this.#context === null) return
    this.#ticking = this.#context.clock.after(TICK_MS, () => {
      this.#ticking = undefined
      for (const peer of this.#peers) this.#tickPeer(peer)
      this.#tick()
    })
  }

  /** What is wrong with one participant must not keep the others from their reports. */
  #tickPeer (peer: Peer): void {
    try {
      peer.tick()
    } catch (error) {
      this.#context?.log.error({ err: error }, 'a media peer could not report')
    }
  }

  async #close (): Promise<void> {
    this.#ticking?.cancel()
    this.#ticking = undefined
    await Promise.allSettled([...this.#peers].map((peer) => peer.close('engine')))
  }
}
