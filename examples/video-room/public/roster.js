// @ts-check
import { isMarkedScreen } from './screen-mark.js'

/** What one person sends. @typedef {{ audio: MediaStreamTrack[], camera?: MediaStreamTrack, screen?: MediaStreamTrack }} Person */
/** One m-line that brings media. @typedef {{ userId: string, track: MediaStreamTrack, marked: boolean }} Line */
/** By user id, in the order of joining. @typedef {Map<string, Person>} People */

/**
 * Who sends what, read from the subscribe connection after each description. The description says it all, whereas
 * stream events leave a gap: when the server gives the m-line of someone who left straight to someone who joined,
 * no `track` event is fired (WebRTC 1.0, "process the addition of a remote track").
 */
export class Roster {
  /** @type {People} */ #people = new Map()
  /** @type {Map<string, string>} by mid, for descriptions without `a=msid` */ #streams = new Map()

  get size () { return this.#people.size }

  /** @param {RTCTrackEvent} event */
  remember ({ transceiver, streams }) {
    if (transceiver.mid !== null && streams[0]) this.#streams.set(transceiver.mid, streams[0].id)
  }

  /** @param {RTCPeerConnection} connection @returns {People} */
  read (connection) {
    const sdp = connection.remoteDescription?.sdp ?? ''
    const sent = sections(sdp).flatMap((section) => this.#lineOf(section, connection))
    /** @type {People} */
    const people = new Map()
    for (const id of this.#order(sent)) {
      people.set(id, assign(this.#people.get(id), sent.filter((line) => line.userId === id)))
    }
    this.#people = people
    return people
  }

  /** Who was here already stays in place. @param {{ userId: string }[]} sent */
  #order (sent) {
    const here = new Set(sent.map((line) => line.userId))
    return new Set([...[...this.#people.keys()].filter((id) => here.has(id)), ...here])
  }

  /** @param {string} section @param {RTCPeerConnection} connection @returns {Line[]} */
  #lineOf (section, connection) {
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1] ?? ''
    const transceiver = connection.getTransceivers().find((candidate) => candidate.mid === mid)
    const userId = /^a=msid:(\S+)/m.exec(section)?.[1] ?? this.#streams.get(mid)
    if (!transceiver || !userId || userId === '-' || !isSending(section)) return []
    return [{ userId: nameOf(userId), track: transceiver.receiver.track, marked: isMarkedScreen(section) }]
  }
}

/**
 * SDP has no place for spaces or letters beyond ASCII: the server percent-encodes a user id that needs it. An engine that
 * does not may send a percent sign that is just one.
 * @param {string} streamId
 */
function nameOf (streamId) {
  try {
    return decodeURIComponent(streamId)
  } catch {
    return streamId
  }
}

/** @param {string} sdp */
function sections (sdp) {
  return sdp.split(/^(?=m=)/m).slice(1)
}

/** @param {string} section one m-line and what belongs to it */
function isSending (section) {
  return /^a=(sendonly|sendrecv)\r?$/m.test(section) && !/^m=\S+ 0 /.test(section)
}

/**
 * Which video is the screen? The marked one. Without a mark the first to arrive is the camera, and what has been
 * the screen stays it.
 * @param {Person | undefined} before @param {Line[]} lines @returns {Person}
 */
function assign (before, lines) {
  const tracksOf = (/** @type {string} */ kind) => lines.filter(({ track }) => track.kind === kind).map(({ track }) => track)
  const marked = lines.find((line) => line.marked && line.track.kind === 'video')?.track
  const videos = tracksOf('video').filter((track) => track !== marked)
  const former = marked ?? before?.screen
  const camera = videos.find((track) => track === before?.camera) ?? videos.find((track) => track !== former)
  const screen = marked ?? videos.find((track) => track === former) ?? videos.find((track) => track !== camera)
  return { audio: tracksOf('audio'), ...(camera && { camera }), ...(screen && { screen }) }
}
