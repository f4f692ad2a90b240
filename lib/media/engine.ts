/**
 * The seam between signalling and media. Everything that crosses it is plain data or a callback that
 * can become a message, so an engine may live in another process: no shared objects, no return value
 * that would have to be synchronous.
 */
import type { Candidate, Description } from '../protocol/signal.ts'
import type { Clock } from '../util/clock.ts'
import type { Logger } from '../util/logger.ts'

export type { Candidate, Description }

/** What an engine gets from its host when it opens. */
export interface EngineContext {
  /** Where it writes. */
  readonly log: Logger
  /** Every timer of the engine comes from it, so that tests can move time. */
  readonly clock: Clock
  /**
   * The engine cannot go on: its process has exited, its connection is gone, its address is not there any more. The host tells every
   * participant, closes the engine, and opens it again after a pause that grows. Says nothing once the engine was closed or has failed before.
   * @example child.once('exit', (code) => context.failed?.(new Error(`the media server exited with ${code}`)))
   */
  failed? (error: unknown): void
}

/** Why the engine ended a peer: `negotiation` (an offer stayed unanswered), `ice`, `engine` (it went down), or its own word. */
export type PeerEnd = 'negotiation' | 'ice' | 'engine' | (string & {})

/** One participant, as the engine sees it. */
export interface PeerContext {
  /** Whose media it is; others see it as the id of the stream. */
  readonly userId: string
  /** Media go to the others of this room alone. */
  readonly roomId: string
  /** Unlike the user's, it is never there twice. Do not log it whole. */
  readonly sessionId: string
  /** Aborted when the session is gone or does not want the media any more, also while `join` is under way. */
  readonly signal: AbortSignal
  /** To the client: an answer to its offer, or the engine's own offer. */
  sendDescription (description: Description): void
  /** To the client: a candidate of the engine. */
  sendCandidate (candidate: Candidate): void
  /** The engine ended this peer by itself. Not called after `MediaPeer.close`. */
  closed (reason: PeerEnd): void
}

/** What an engine tells of a peer; every figure since the peer joined unless its name says otherwise. */
export interface PeerStats {
  /** RTP packets that came from it. */
  readonly packetsReceived: number
  /** Their bytes. */
  readonly bytesReceived: number
  /** RTP packets that went to it. */
  readonly packetsSent: number
  /** Their bytes. */
  readonly bytesSent: number
  /** Packets that it should have sent and that never came. */
  readonly packetsLost: number
  /** Key frames that were asked of this peer as a publisher. */
  readonly keyframeRequests: number
  /** Tracks that this peer publishes now. */
  readonly tracks: ReadonlyArray<{
    /** What it carries. */
    readonly kind: 'audio' | 'video',
    /** The publisher's own, from its description. */
    readonly id: string
  }>
}

/** What an engine tells of itself. */
export interface EngineStats {
  /** Participants now. */
  readonly peers: number
  /** Rooms with a participant. */
  readonly rooms: number
  /** Streams taken now: one per participant, whether it publishes yet or not, and whatever it publishes. `maxStreams` limits these. */
  readonly streams: number
  /** Admission ends here. */
  readonly maxStreams: number
  /** Streams forwarded now, one per publisher and receiver; a participant that may still publish counts as a publisher. */
  readonly forwards?: number
  /** Admission ends here, too: overload is a cliff. */
  readonly maxForwards?: number
}

/** The engine's end of one participant. No method throws for what a client sent; bad input is logged and dropped. */
export interface MediaPeer {
  /** From the client. An answer that nobody waits for is ignored. */
  describe (description: Description): void
  /** From the client; held until its description is there. */
  candidate (candidate: Candidate): void
  /** Idempotent. Resolves when sockets and timers of this peer are gone. */
  close (reason: string): Promise<void>
  /** What it has sent and received so far. */
  stats? (): Promise<PeerStats>
}

/** A media server that rooms run on. */
export interface MediaEngine {
  /** What it is called in logs and errors. */
  readonly name: string
  /**
   * Called before the first `join`, and again after `close` when the engine had failed. A rejection keeps the plugin from booting; later it is
   * one more failure.
   */
  open? (context: EngineContext): Promise<void>
  /**
   * Resolves when the engine has really taken the participant.
   * @throws MseError `unavailable` with `retryAfterMs` when it is full, down or starting
   */
  join (peer: PeerContext): Promise<MediaPeer>
  /** Idempotent; ends every peer without calling its `closed`. It may be opened again afterwards. */
  close (): Promise<void>
  /** How full it is. */
  stats? (): Promise<EngineStats>
}
