/**
 * The client with media, for browsers; in Node the same with `ws`.
 * @module fastify-mse/client
 */
import type { SignallingClient } from './api.ts'
import { Client } from './client.ts'
import { type Media, type MediaOptions, createMedia } from './media/index.ts'
import type { ClientOptions } from './options.ts'

/** A session, with what it needs for sound and pictures. */
export interface MseClient extends SignallingClient {
  /** Sound and pictures. Without WebRTC, as in Node, its methods reject and everything else works. */
  readonly media: Media
}

/** What {@link createClient} takes. */
export interface MseClientOptions extends ClientOptions, Pick<MediaOptions, 'iceServers' | 'RTCPeerConnection' | 'MediaStream'> {}

/**
 * Opens a session and keeps it, media included, whatever happens to its links.
 * @example
 * const client = createClient({ url: 'https://example.org/mse', getToken: () => fetchToken() })
 * client.media.on('stream', ({ userId, stream }) => show(userId, stream))
 * await client.media.publish(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }))
 * @throws TypeError for an option that makes no sense
 */
export function createClient (options: MseClientOptions): MseClient {
  return new ClientWithMedia(options)
}

class ClientWithMedia extends Client implements MseClient {
  readonly media: Media

  constructor (options: MseClientOptions) {
    super(options)
    this.media = createMedia(this, options)
  }

  override close (): Promise<void> {
    this.media.close()
    return super.close()
  }
}

export { ClientError } from './client-error.ts'
export type { ClientErrorReason } from './client-error.ts'
export type { CallOptions, ClientEvents, ContractOf, MseContracts, SignallingClient, Target } from './api.ts'
export type { DomPeerConnection, DomStatsReport, DomStream, DomTrack, IceServer, Media, MediaEvents, MediaOptions, MediaState, MediaStats, PeerConnectionClass, Person, StreamClass, TrackStats } from './media/index.ts'
export type { ClientOptions, ClientState, ResetEvent, SessionEvent, StateEvent, TokenReason, TransportName, WebSocketConstructor, WebSocketLike } from './options.ts'
