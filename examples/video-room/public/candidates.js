// @ts-check

/** As many as the server holds for us, and for both connections. */
const MAX_HELD = 128

/**
 * @typedef {{ candidate: RTCIceCandidateInit, targets: Set<RTCPeerConnection> }} Held
 */

/**
 * Brings the server's candidates to the right connection. A candidate may overtake its description, and the
 * message does not say which of the two connections it is for: the user name fragment does.
 */
export class CandidateRouter {
  /** @type {Held[]} */ #held = []
  #connections

  /** @param {RTCPeerConnection[]} connections */
  constructor (connections) {
    this.#connections = connections
  }

  /** @param {RTCIceCandidateInit | string} received */
  route (received) {
    const candidate = typeof received === 'string' ? { candidate: received } : received
    this.#held.push({ candidate: placed(candidate), targets: new Set(this.#connections) })
    if (this.#held.length > MAX_HELD) this.#held.shift()
    this.flush()
  }

  /** To be called whenever a remote description has been set. */
  flush () {
    this.#held = this.#held.filter((held) => !settle(held))
  }
}

/** Without a place `addIceCandidate` throws; with BUNDLE the first m-line is right. @param {RTCIceCandidateInit} candidate */
function placed (candidate) {
  const hasPlace = candidate.sdpMid != null || candidate.sdpMLineIndex != null
  return hasPlace || !candidate.candidate ? candidate : { ...candidate, sdpMLineIndex: 0 }
}

/** @param {Held} held @returns {boolean} whether nothing is left to do */
function settle ({ candidate, targets }) {
  const fragment = candidate.usernameFragment ?? / ufrag (\S+)/.exec(candidate.candidate ?? '')?.[1]
  for (const connection of targets) {
    const sdp = connection.remoteDescription?.sdp
    if (!sdp) continue
    if (fragment && !hasFragment(sdp, fragment)) continue
    add(connection, candidate)
    if (fragment) return true
    targets.delete(connection)
  }
  return targets.size === 0
}

/** @param {string} sdp @param {string} fragment */
function hasFragment (sdp, fragment) {
  return sdp.split(/\r?\n/).includes(`a=ice-ufrag:${fragment}`)
}

/** Never awaited: a name that does not resolve would hold up the descriptions behind it. @param {RTCPeerConnection} connection @param {RTCIceCandidateInit} candidate */
function add (connection, candidate) {
  if (connection.signalingState === 'closed') return
  connection.addIceCandidate(candidate).catch((error) => console.debug('A candidate was not taken.', candidate.candidate, error))
}

/**
 * Sends our own candidates; the end of them is an empty one.
 * @param {RTCPeerConnection} connection @param {(candidate: RTCIceCandidateInit) => void} send
 */
export function sendCandidates (connection, send) {
  connection.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate?.candidate) return send(candidate.toJSON())
    // Browsers announce the end once as an empty candidate and once as null: one of them is enough.
    if (!candidate) send(lastCandidate(connection))
  })
}

/** @param {RTCPeerConnection} connection @returns {RTCIceCandidateInit} */
function lastCandidate (connection) {
  const fragment = /^a=ice-ufrag:(\S+)/m.exec(connection.localDescription?.sdp ?? '')?.[1] ?? null
  return { candidate: '', sdpMLineIndex: 0, usernameFragment: fragment }
}
