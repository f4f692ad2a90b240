import type { CandidateLike, PeerConnectionLike } from './dom.ts'

/** As many as the server holds for us (MSE-ICE-4), for both connections together; the oldest make room. */
const MAX_HELD = 128

interface Held {
  readonly candidate: CandidateLike
  /** The connections that may still want it. */
  readonly targets: Set<PeerConnectionLike>
}

/**
 * Brings the server's candidates to the right connection. A candidate may overtake its description, and no message says which of the two
 * connections it is for: the user name fragment does.
 */
export class CandidateRouter {
  readonly #connections: readonly PeerConnectionLike[]
  #held: Held[] = []

  constructor (connections: readonly PeerConnectionLike[]) {
    this.#connections = connections
  }

  route (candidate: CandidateLike): void {
    this.#held.push({ candidate: placed(candidate), targets: new Set(this.#connections) })
    if (this.#held.length > MAX_HELD) this.#held.shift()
    this.flush()
  }

  /** To be called whenever a remote description has been set. */
  flush (): void {
    this.#held = this.#held.filter((held) => !isSettled(held))
  }
}

/** Without a place `addIceCandidate` throws; with BUNDLE the first m-line is right. */
function placed (candidate: CandidateLike): CandidateLike {
  const hasPlace = candidate.sdpMid != null || candidate.sdpMLineIndex != null
  return hasPlace || candidate.candidate === '' ? candidate : { ...candidate, sdpMLineIndex: 0 }
}

/** Gives it to whom it is for, if they are there already. @returns whether nothing is left to do */
function isSettled ({ candidate, targets }: Held): boolean {
  const fragment = candidate.usernameFragment || / ufrag (\S+)/.exec(candidate.candidate)?.[1]
  for (const connection of targets) {
    const sdp = connection.remoteDescription?.sdp
    if (sdp === undefined || (fragment !== undefined && !sdp.split(/\r?\n/).includes(`a=ice-ufrag:${fragment}`))) continue
    // Never awaited: a `.local` name that does not resolve would hold up the descriptions behind it. What is not taken is one way less of many.
    connection.addIceCandidate(candidate).catch(() => {})
    if (fragment !== undefined) return true
    targets.delete(connection)
  }
  return targets.size === 0
}
