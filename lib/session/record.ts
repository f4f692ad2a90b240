import type { Identity } from './identity.ts'
import { type InboxRecord, newInbox } from './inbox.ts'
import { type OutboxRecord, newOutbox } from './outbox.ts'

/** All that a session is, as plain data: it survives JSON, so another process can go on with it. */
export interface SessionRecord {
  /** Minted when `auth` succeeds; empty before. */
  id: string
  /** Tells one life of the session's numbering from the next; empty before `auth`. */
  epoch: string
  identity: Identity | null
  /** The client's address as the host app knows it. */
  address: string
  /** The methods that have succeeded and that others come after. */
  succeeded: string[]
  refusedAuths: number
  /** The token has run out; only what its contract allows in the grace still works. */
  expired: boolean
  /** How this client writes descriptions and candidates: it is answered in the form that it used first. */
  descriptionForm: SignalForm | null
  candidateForm: SignalForm | null
  /** The media leg was lost, and how; the next `start` tells it. */
  mediaLost: MediaLoss | null
  /** Milliseconds since the epoch. */
  openedAt: number
  /** May the session outlive its link? Decided by the link on which it was minted. */
  resumable: boolean
  /** Has the client acknowledged by POST? Then it does beside a stream of events, too, and nothing that it lacks is let go. */
  acknowledges: boolean
  /** What the server sent and the client may not have. */
  outbox: OutboxRecord
  /** What the client sent. */
  inbox: InboxRecord
}

/** A bare text, as in the seed, or the object that browsers speak. */
export type SignalForm = 'bare' | 'object'

/** `superseded`: by a newer `start` of the same user; `ended`: by the engine. */
export type MediaLoss = 'superseded' | 'ended'

/** The record of a link that has not authenticated. */
export function newRecord (address: string, openedAt: number): SessionRecord {
  return {
    id: '',
    epoch: '',
    identity: null,
    address,
    succeeded: [],
    refusedAuths: 0,
    expired: false,
    descriptionForm: null,
    candidateForm: null,
    mediaLost: null,
    openedAt,
    resumable: false,
    acknowledges: false,
    outbox: newOutbox(),
    inbox: newInbox()
  }
}
