/** The media half of the client: what `client.media` is. */
export { createMedia } from './media.ts'
export type { Media, MediaEvents, MediaOptions, MediaState, MediaStats, PeerConnectionClass, Person, StreamClass, TrackStats } from './api.ts'
export type { DomPeerConnection, DomStatsReport, DomStream, DomTrack, IceServer } from './dom.ts'
