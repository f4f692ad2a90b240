import type { Candidate, Description, EngineContext, EngineStats, MediaEngine, MediaPeer, PeerContext } from '../media/engine.ts'
import { unavailable } from '../protocol/errors.ts'

/** A peer of the {@link RecordingEngine}, with everything that the client sent it. */
export interface RecordedPeer {
  /** What the host gave for it: call its `sendDescription` to speak to the client. */
  readonly context: PeerContext
  /** From the client, oldest first. */
  readonly descriptions: Description[]
  /** From the client, oldest first. */
  readonly candidates: Candidate[]
  /** Why it was closed; null while it is open. */
  closed: string | null
}

/** An engine without media that remembers what it was told, to test signalling alone. */
export class RecordingEngine implements MediaEngine {
  /** What it is called in logs and errors. */
  readonly name = 'recording'
  /** Everybody who has joined, in that order, those included who are gone. */
  readonly peers: RecordedPeer[] = []
  /** Has it been opened, and not closed? */
  isOpen = false
  /** Joins beyond so many open peers are refused, to be tried again after `retryAfterMs`. */
  maxPeers = Infinity
  /** What those are told who are refused, in milliseconds. */
  retryAfterMs = 2_000
  /** Replace it to make `join` slow, or to make it fail. */
  beforeJoin: (context: PeerContext) => void | Promise<void> = () => {}

  #context: EngineContext | null = null

  /** Also after `close`: its host opens it again when it has failed. */
  async open (context?: EngineContext): Promise<void> {
    this.#context = context ?? null
    this.isOpen = true
  }

  /** Dies as an engine does whose process exits: its host is told, and ends everybody. */
  fail (error: unknown = new Error('the engine has died')): void {
    this.#context?.failed?.(error)
  }

  async join (context: PeerContext): Promise<MediaPeer> {
    await this.beforeJoin(context)
    if (this.openPeers.length >= this.maxPeers) throw unavailable(this.retryAfterMs)
    const recorded: RecordedPeer = { context, descriptions: [], candidates: [], closed: null }
    this.peers.push(recorded)
    return {
      describe: (description) => { recorded.descriptions.push(description) },
      candidate: (candidate) => { recorded.candidates.push(candidate) },
      close: async (reason) => { recorded.closed ??= reason }
    }
  }

  async close (): Promise<void> {
    this.isOpen = false
    for (const peer of this.openPeers) peer.closed = 'engine'
  }

  /** Counts its open peers and their rooms. */
  async stats (): Promise<EngineStats> {
    const rooms = new Set(this.openPeers.map(({ context }) => context.roomId))
    return { peers: this.openPeers.length, rooms: rooms.size, streams: 0, maxStreams: this.maxPeers }
  }

  /** Those who are not gone. */
  get openPeers (): RecordedPeer[] {
    return this.peers.filter((peer) => peer.closed === null)
  }
}
