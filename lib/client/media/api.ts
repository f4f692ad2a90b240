/** What the media half of a client is to those who use it. */
import type { Clock } from '../../util/clock.ts'
import type { DomPeerConnection, DomStatsReport, DomStream, DomTrack, IceServer } from './dom.ts'

/** What `createMedia` takes. */
export interface MediaOptions {
  /** STUN and TURN servers, or where to get them: asked each time that connections are made. @default none */
  readonly iceServers?: readonly IceServer[] | (() => readonly IceServer[] | Promise<readonly IceServer[]>)
  /** The class to use where the runtime has none, as in Node. @default globalThis.RTCPeerConnection */
  readonly RTCPeerConnection?: PeerConnectionClass
  /** The class to use where the runtime has none. @default globalThis.MediaStream */
  readonly MediaStream?: StreamClass
  /** 0 <= x < 1, for the pauses. @default Math.random */
  readonly random?: () => number
  /** Time, for tests. @default the machine's */
  readonly clock?: Clock
}

/** The media service of a client's session. */
export type MediaState =
  /** Nobody has asked for media yet, the service was refused, or another session of the same user has it now (an error with `data.reason` `superseded`). */
  | 'idle'
  /** The server is being asked for the service, for the first time or again. */
  | 'starting'
  /** The media engine has taken us. */
  | 'started'
  /** Over for good. */
  | 'closed'

/** Somebody else in the room who sends something. A new object whenever that changes. */
export interface Person {
  /** As their token names them. */
  readonly userId: string
  /** Sound and camera, for a `srcObject`; another stream whenever its tracks change, and without tracks when only a screen is shared. */
  readonly stream: DomStream
  /** The screen they share, null while they share none. */
  readonly screen: DomStream | null
}

/** `RTCPeerConnection`, as a class. */
export interface PeerConnectionClass {
  /** As browsers do. */
  new (configuration: { iceServers: IceServer[], bundlePolicy: 'max-bundle' }): DomPeerConnection
}

/** `MediaStream`, as a class. */
export interface StreamClass {
  /** As browsers do. */
  new (tracks: DomTrack[]): DomStream
}

/** What {@link Media} tells. */
export interface MediaEvents {
  /** Somebody is there, or what they send has changed. */
  readonly stream: Person
  /** They send nothing any more. */
  readonly gone: {
    /** Who. */
    readonly userId: string
  }
  /** The service has changed its state; `error` is what it was lost or refused for. */
  readonly state: {
    /** The new state. */
    readonly state: MediaState
    /** What the service was lost or refused for, if it was. */
    readonly error?: unknown
  }
  /** The server cannot take us now, or what it had was lost; the next attempt comes by itself. */
  readonly waiting: {
    /** Milliseconds until the next attempt. */
    readonly retryInMs: number
    /** What the server said. */
    readonly error: unknown
  }
}

/** What a track does at the moment: means since the last look. At the first one nothing is known yet. */
export interface TrackStats {
  /** In kbit/s. */
  readonly kbps: number
  /** Frames a second, of pictures. */
  readonly fps?: number
  /** The mean level of a sound, 1 being full scale. */
  readonly level?: number
}

/** How the connections are. */
export interface MediaStats {
  /** ICE states as browsers name them; null without a connection. */
  readonly publish: string | null
  /** The same of the connection that brings the others. */
  readonly subscribe: string | null
  /** To the server and back, in milliseconds; null until it is known. */
  readonly roundTripMs: number | null
  /** Of all packets to us, in percent; null before the first. */
  readonly lossPercent: number | null
  /** By `track.id`, ours and the others'. */
  readonly tracks: ReadonlyMap<string, TrackStats>
  /**
   * All tracks of a stream together.
   * @example const { kbps, fps } = stats.of(person.stream)
   */
  of (stream: DomStream | null): TrackStats
  /** All that the browser knows. */
  readonly reports: {
    /** Of the connection that sends. */
    readonly publish: DomStatsReport | null
    /** Of the connection that brings. */
    readonly subscribe: DomStatsReport | null
  }
}

/** Sound and pictures over the session of a client, kept going through lost links, lost networks and servers that restart. */
export interface Media {
  /** How far the service is. */
  readonly state: MediaState
  /** Everybody who sends something, by user id, in the order of their coming. */
  readonly people: ReadonlyMap<string, Person>
  /** The connections under all this; null while there are none. They are replaced when nothing else helps. */
  readonly connections: {
    /** Carries what we send. */
    readonly publish: DomPeerConnection | null
    /** Brings what the others send. */
    readonly subscribe: DomPeerConnection | null
  }

  /**
   * Asks for the service, so that the others can be seen and heard; who publishes need not call it. Waits while the server has no room.
   * @throws ClientError (rejects) when the server refuses, TypeError in a runtime without WebRTC
   */
  start (): Promise<void>

  /**
   * Sends the tracks of a stream, those added since as well when called again. A track that has ended gives its place to a new one of its kind.
   * Resolves when the server has taken them.
   * @throws ClientError (rejects) when the server refuses, TypeError in a runtime without WebRTC
   */
  publish (stream: DomStream): Promise<void>

  /** Sends a track, or the tracks of a stream, no longer. */
  unpublish (what: DomStream | DomTrack): Promise<void>

  /** Sends another track of the same kind in place of one that is published, without a negotiation; null: nothing until `publish` brings one. */
  replaceTrack (track: DomTrack, by: DomTrack | null): Promise<void>

  /** Sends a screen beside what is published, in place of the one before. It ends by itself when the browser's own "stop sharing" does it. */
  share (screen: DomStream | DomTrack): Promise<void>
  /** Sends the screen no longer. */
  unshare (): Promise<void>

  /** New ways through the network for what is sent and received. Done by itself when it changes, as far as browsers tell. */
  restartIce (): void

  /** How it goes. Rates are means since the call before. */
  stats (): Promise<MediaStats>

  /**
   * Listens. What a listener throws is reported as an uncaught error and keeps nobody else from being told.
   * @example media.on('stream', ({ stream }) => { video.srcObject = stream })
   * @returns a function that takes the listener away
   */
  on<Name extends keyof MediaEvents> (event: Name, listener: (event: MediaEvents[Name]) => void): () => void

  /** Ends sending and receiving for good and frees everything. What waits is rejected. The tracks stay whose they are. Idempotent. */
  close (): void
}
