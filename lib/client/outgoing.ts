/** A message that is to reach the server once. */
export interface Entry {
  readonly method: string
  readonly params: unknown
  /** Null for a notification. */
  readonly id: number | null
  readonly text: string
  readonly bytes: number
}

/** What a notification becomes that the way to the server turns out not to take: its number has to be used. */
const FILLER: Entry = { method: 'ping', params: undefined, id: null, text: '{"jsonrpc":"2.0","method":"ping"}', bytes: 33 }

/** What the server may not have yet, in order. A message has its number once it is written to a link; until then it can be taken back. */
export class Outgoing {
  #entries: Entry[] = []
  #received = 0
  #written = 0
  #bytes = 0

  /** The server has everything up to this number. */
  get received (): number { return this.#received }
  get bytes (): number { return this.#bytes }

  add (entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  /** Is there a message with that number? */
  has (number: number): boolean {
    return number - this.#received <= this.#entries.length
  }

  /** @returns the message with that number, which counts as written from now on; undefined when there is none */
  write (number: number): Entry | undefined {
    const entry = this.#entries[number - this.#received - 1]
    if (entry !== undefined) this.#written = Math.max(this.#written, number)
    return entry
  }

  /** The server has everything up to `received`. */
  settle (received: number): void {
    const count = Math.min(received, this.#written) - this.#received
    if (!(count > 0)) return
    for (const { bytes } of this.#entries.splice(0, count)) this.#bytes -= bytes
    this.#received += count
  }

  /** Takes back what was not written yet. @returns whether it could be */
  cancel (entry: Entry): boolean {
    const place = this.#entries.indexOf(entry)
    if (place < 0 || this.#received + place < this.#written) return false
    this.#entries.splice(place, 1)
    this.#bytes -= entry.bytes
    return true
  }

  /** The way to the server does not take this message: another one uses its number. @returns the message */
  giveUp (number: number): Entry | undefined {
    const place = number - this.#received - 1
    const entry = this.#entries[place]
    if (entry === undefined) return undefined
    this.#entries[place] = FILLER
    this.#bytes += FILLER.bytes - entry.bytes
    return entry
  }

  /** Parts what was written, and may have run or not, from what never was. */
  split (): { readonly uncertain: Entry[], readonly unwritten: Entry[] } {
    const place = this.#written - this.#received
    return { uncertain: this.#entries.slice(0, place).filter((entry) => entry !== FILLER), unwritten: this.#entries.slice(place) }
  }
}
