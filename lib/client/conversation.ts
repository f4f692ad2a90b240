import { type Entry, Outgoing } from './outgoing.ts'

/** What a server takes by default, before it has said what it takes. */
const DEFAULT_MAX_MESSAGE_BYTES = 262_144

/** A session as the client knows it: its name, and how far each side has come. */
export class Conversation {
  /** Empty until `auth` has succeeded. */
  id = ''
  epoch = ''
  /** The client has everything of the server's up to this number. */
  received = 0
  maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES
  readonly outgoing = new Outgoing()

  constructor (entries: readonly Entry[] = []) {
    for (const entry of entries) this.outgoing.add(entry)
  }

  /** Where the client is, as `Last-Event-ID` says it. */
  get position (): string { return `${this.epoch}.${this.received}` }
}
