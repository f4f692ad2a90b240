import type { NotificationHandler } from '../core/call.ts'
import type { IceCandidate, SdpOffer } from '../protocol/mse.ts'
import { toCandidate, toDescription } from '../protocol/signal.ts'
import type { MediaLegs } from './media-legs.ts'

/** A description for the engine; the first one tells the form in which this client is answered. */
export function sdpOffer (legs: MediaLegs): NotificationHandler<typeof SdpOffer> {
  return ({ offer }, { session }) => {
    session.record.descriptionForm ??= typeof offer === 'string' ? 'bare' : 'object'
    legs.peer(session)?.describe(toDescription(offer))
  }
}

/** A candidate for the engine; the first one tells the form in which this client is answered. */
export function iceCandidate (legs: MediaLegs): NotificationHandler<typeof IceCandidate> {
  return ({ candidate }, { session }) => {
    session.record.candidateForm ??= typeof candidate === 'string' ? 'bare' : 'object'
    legs.peer(session)?.candidate(toCandidate(candidate))
  }
}
