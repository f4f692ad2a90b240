/** One text that was sent, with the numbers of its messages: a batch has as many as it has members. */
export interface OutboxEntry {
  /** The number of its last message. */
  readonly last: number
  readonly count: number
  readonly text: string
  readonly bytes: number
}

/** An outbox as plain data. */
export interface OutboxRecord {
  /** The number of the last message that was sent; 0: none yet. */
  top: number
  /** Messages up to this number are gone: acknowledged, or pushed out by newer ones. */
  dropped: number
  bytes: number
  entries: OutboxEntry[]
}

/** How much an outbox may hold. */
export interface OutboxSize {
  readonly messages: number
  readonly bytes: number
}

/** What an entry costs beside its text, so that many tiny messages do not cost more than they are counted for. */
const ENTRY_BYTES = 128

/** An outbox that has sent nothing. */
export function newOutbox (): OutboxRecord {
  return { top: 0, dropped: 0, bytes: 0, entries: [] }
}

/** Numbers what the server sends and keeps it until the client has it. */
export class Outbox {
  readonly record: OutboxRecord

  constructor (record: OutboxRecord) {
    this.record = record
  }

  get top (): number { return this.record.top }
  get size (): OutboxSize { return { messages: this.record.top - this.record.dropped, bytes: this.record.bytes } }

  append (text: string, count: number): void {
    const { record } = this
    const bytes = Buffer.byteLength(text) + ENTRY_BYTES
    record.top += count
    record.bytes += bytes
    record.entries.push({ last: record.top, count, text, bytes })
  }

  exceeds ({ messages, bytes }: OutboxSize): boolean {
    return this.record.top - this.record.dropped > messages || this.record.bytes > bytes
  }

  /** Lets the oldest go until the size holds, but none after `upTo`. A client that has not had them cannot resume any more. */
  trim (size: OutboxSize, upTo = Infinity): void {
    while (this.exceeds(size) && (this.record.entries[0]?.last ?? Infinity) <= upTo) this.#shift()
  }

  /** Lets everything go. */
  clear (): void {
    const { record } = this
    record.entries = []
    record.bytes = 0
    record.dropped = record.top
  }

  /** The client has everything up to `received`. Numbers that were never sent are ignored. */
  acknowledge (received: number): void {
    const { record } = this
    if (received > record.top) return
    while ((record.entries[0]?.last ?? Infinity) <= received) this.#shift()
  }

  /** Can a client that has everything up to `received` get all the rest? An idle client always can. */
  covers (received: number): boolean {
    const { top, dropped, entries } = this.record
    if (!Number.isSafeInteger(received) || received < dropped || received > top) return false
    return received === dropped || entries.some(({ last }) => last === received)
  }

  /** What comes after `received`, oldest first. */
  after (received: number): OutboxEntry[] {
    const { entries } = this.record
    // From the end: mostly it is the newest only, whatever waits for its acknowledgement before it.
    let first = entries.length
    while (first > 0 && (entries[first - 1] as OutboxEntry).last > received) first--
    return entries.slice(first)
  }

  #shift (): void {
    const entry = this.record.entries.shift()
    if (entry === undefined) return
    this.record.dropped = entry.last
    this.record.bytes -= entry.bytes
  }
}
