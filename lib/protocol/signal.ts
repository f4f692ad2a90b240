/** The two forms in which MSE carries descriptions and candidates, made one. */
import type { Static } from '@sinclair/typebox'
import type { IceCandidateInit, SdpDescription } from './mse.ts'

/** A session description with its side told. */
export interface Description {
  readonly type: 'offer' | 'answer'
  readonly sdp: string
}

/** An ICE candidate in the form of `RTCIceCandidateInit`. An empty `candidate` ends the candidates. */
export interface Candidate {
  readonly candidate: string
  readonly sdpMid?: string | null
  readonly sdpMLineIndex?: number | null
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
