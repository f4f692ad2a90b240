/** The two forms in which MSE carries descriptions and candidates, made one. */
import type { Static } from '@sinclair/typebox'
import type { IceCandidateInit, SdpDescription } from './mse.ts'

/** A session description with its side told. */
export interface Description {
  /** Which side it is from. It alone says which of a client's connections it belongs to. */
  readonly type: 'offer' | 'answer'
  /** RFC 8866, as browsers write it. */
  readonly sdp: string
}

/** An ICE candidate in the form of `RTCIceCandidateInit`. An empty `candidate` ends the candidates. */
export interface Candidate {
  /** A candidate line without its `a=` (RFC 8839, 5.1); empty: no more will come. */
  readonly candidate: string
  /** The `a=mid` of the media section that it is for. */
  readonly sdpMid?: string | null
  /** The place of that section in the description, from 0. */
  readonly sdpMLineIndex?: number | null
  /** The `a=ice-ufrag` of the description that it belongs to. */
  readonly usernameFragment?: string | null
}

/** Which side a bare SDP is from: an offer leaves the DTLS role open (RFC 5763, section 5), an answer has chosen one. */
export function toDescription (offer: Static<typeof SdpDescription>): Description {
  if (typeof offer !== 'string') return offer
  return { type: /^a=setup:(?:active|passive)\s*$/m.test(offer) ? 'answer' : 'offer', sdp: offer }
}

/** A bare candidate line, with or without its `a=`, or the object, as the object. */
export function toCandidate (candidate: Static<typeof IceCandidateInit>): Candidate {
  if (typeof candidate !== 'string') return candidate as Candidate
  return { candidate: candidate.replace(/^a=/, '').trim() }
}
