import type { PeerConnectionEvents, PeerConnectionLike, TrackLike } from './dom.ts'
import { attribute, isMarkedScreen, isSending, sections } from './sdp-sections.ts'

/** One m-line that brings media. */
export interface Line {
  readonly userId: string
  readonly track: TrackLike
  /** By its sender, as a screen. */
  readonly isMarked: boolean
}

/**
 * Who sends what, read from the subscribe connection after each description. The description says it all, whereas `track` events leave a gap:
 * when the server gives the m-line of someone who left straight to someone who joined, none is fired (WebRTC 1.0, "process the addition of a
 * remote track").
 */
export class LineReader {
  /** By mid, for descriptions without `a=msid`. */
  readonly #streams = new Map<string, string>()

  remember ({ transceiver, streams }: PeerConnectionEvents['track']): void {
    if (transceiver.mid !== null && streams[0] !== undefined) this.#streams.set(transceiver.mid, streams[0].id)
  }

  read (connection: PeerConnectionLike): Line[] {
    return sections(connection.remoteDescription?.sdp).filter(isSending).flatMap((section) => {
      const mid = attribute(section, 'mid') ?? ''
      const track = connection.getTransceivers().find((transceiver) => transceiver.mid === mid)?.receiver.track
      const streamId = attribute(section, 'msid') ?? this.#streams.get(mid) ?? '-'
      return track === undefined || streamId === '-' ? [] : [{ userId: nameOf(streamId), track, isMarked: isMarkedScreen(section) }]
    })
  }
}

/**
 * SDP has no place for spaces or letters beyond ASCII: a user id that needs it is percent-encoded (MSE-SDP-5). An engine that does not may
 * send a percent sign that is just one.
 */
function nameOf (streamId: string): string {
  try {
    return decodeURIComponent(streamId)
  } catch {
    return streamId
  }
}
