/**
 * The browsers' media types, for programs compiled with and without the DOM library. Where it is there, these are the real ones, so that
 * `video.srcObject = stream` and `publish(await getUserMedia(...))` fit; where it is not, as in a Node program, as much of them as is used here.
 */

interface Instance<T> { readonly prototype: T }
type Real<Name extends string, Fallback> = typeof globalThis extends Readonly<Record<Name, Instance<infer T>>> ? T : Fallback

/** `MediaStream`. */
export type DomStream = Real<'MediaStream', StreamLike>
/** `MediaStreamTrack`. */
export type DomTrack = Real<'MediaStreamTrack', TrackLike>
/** `RTCPeerConnection`. */
export type DomPeerConnection = Real<'RTCPeerConnection', PeerConnectionLike>
/** `RTCStatsReport`. */
export type DomStatsReport = Real<'RTCStatsReport', StatsReportLike>

/** As much of a `MediaStreamTrack` as is used here. */
export interface TrackLike {
  readonly id: string
  readonly kind: string
  readonly readyState: string
  addEventListener (type: 'ended', listener: () => void): void
}

/** As much of a `MediaStream` as is used here. */
export interface StreamLike {
  readonly id: string
  getTracks (): TrackLike[]
}

/** As much of an `RTCStatsReport` as is used here. */
export interface StatsReportLike {
  forEach (visit: (entry: never, id: string) => void): void
}

/** As much of an `RTCRtpTransceiver` as is used here. */
export interface TransceiverLike {
  readonly mid: string | null
  direction: 'sendonly' | 'sendrecv' | 'recvonly' | 'inactive' | 'stopped'
  readonly sender: { readonly track: TrackLike | null, replaceTrack (track: TrackLike | null): Promise<void> }
  readonly receiver: { readonly track: TrackLike }
}

/** A session description as it is sent. */
export interface DescriptionLike {
  readonly type: 'offer' | 'answer'
  readonly sdp: string
}

/** `RTCIceCandidateInit`. */
export interface CandidateLike {
  readonly candidate: string
  readonly sdpMid?: string | null
  readonly sdpMLineIndex?: number | null
  readonly usernameFragment?: string | null
}

/** What the events of a peer connection carry. */
export interface PeerConnectionEvents {
  readonly icecandidate: { readonly candidate: { readonly candidate: string, toJSON (): unknown } | null }
  readonly track: { readonly transceiver: TransceiverLike, readonly streams: ReadonlyArray<{ readonly id: string }> }
  readonly connectionstatechange: unknown
}

/** As much of an `RTCPeerConnection` as is used here. */
export interface PeerConnectionLike {
  readonly connectionState: string
  readonly iceConnectionState: string
  readonly signalingState: string
  readonly localDescription: { readonly sdp: string } | null
  readonly remoteDescription: { readonly sdp: string } | null
  addTransceiver (track: TrackLike, init: { direction: 'sendonly', streams: StreamLike[] }): TransceiverLike
  getTransceivers (): TransceiverLike[]
  createOffer (options: { iceRestart: boolean }): Promise<unknown>
  createAnswer (): Promise<unknown>
  setLocalDescription (description: unknown): Promise<void>
  setRemoteDescription (description: DescriptionLike): Promise<void>
  addIceCandidate (candidate: CandidateLike): Promise<void>
  getStats (): Promise<StatsReportLike>
  addEventListener<Type extends keyof PeerConnectionEvents> (type: Type, listener: (event: PeerConnectionEvents[Type]) => void): void
  close (): void
}

/** `RTCIceServer`. */
export interface IceServer {
  /** Such as `turn:turn.example.org`. */
  urls: string | string[]
  /** Of a TURN server. */
  username?: string
  /** Of a TURN server. */
  credential?: string
}
