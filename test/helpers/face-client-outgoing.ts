import type { Random } from './fault-proxy.ts'

/** A message on its way. */
export interface Entry {
  readonly n: number
  readonly text: string
  /** The id of a request; null for a notification. */
  readonly callId: number | null
}

/** What one POST carries. It is repeated as it is or not at all: that is what makes a repetition safe. */
export interface Body {
  readonly first: number
  readonly last: number
  readonly text: string
  readonly respondAsync: boolean
  readonly callIds: readonly number[]
  isInFlight: boolean
}

/** Messages in one body at the most. */
const MAX_IN_BODY = 8

/** What a client has sent, or wants to send, and the server may not have. */
export class Outgoing {
  /** The number of the last message. */
  top = 0
  /** The server has everything up to this one. */
  received = 0
  /** In order; the first one is number `received + 1`. */
  entries: Entry[] = []
  /** Bodies that were posted and whose fate, or whose answers, are not known. */
  bodies: Body[] = []
  readonly #random: Random
  readonly #respondAsync: () => boolean
  readonly #isPending: (callId: number) => boolean

  constructor (random: Random, respondAsync: () => boolean, isPending: (callId: number) => boolean) {
    this.#random = random
    this.#respondAsync = respondAsync
    this.#isPending = isPending
  }

  get open (): number { return this.top - this.received }

  add (text: string, callId: number | null): void {
    this.entries.push({ n: ++this.top, text, callId })
  }

  settle (received: number): void {
    if (received <= this.received) return
    this.entries = this.entries.slice(received - this.received)
    this.received = received
    this.bodies = this.bodies.filter((body) => body.isInFlight || body.first > received || this.#mayBeAnswered(body))
  }

  after (n: number): Entry[] {
    return this.entries.slice(Math.max(0, n - this.received))
  }

  forget (body: Body): void {
    this.bodies = this.bodies.filter((other) => other !== body)
  }

  /** A body that was executed, perhaps, and whose answers came with an answer that was lost. */
  nextReplay (): Body | undefined {
    return this.bodies.find((body) => !body.isInFlight && body.last <= this.received && this.#mayBeAnswered(body))
  }

  /** The next body to post: one that was posted before, or a new one. */
  nextBody (): Body | undefined {
    let first = this.received + 1
    for (;;) {
      const known = this.bodies.find((body) => body.first === first)
      if (known === undefined) return this.#newBody(first)
      if (!known.isInFlight) return known
      first = known.last + 1
    }
  }

  #newBody (first: number): Body | undefined {
    const next = Math.min(...this.bodies.filter((body) => body.first > first).map((body) => body.first))
    const size = Math.min(1 + Math.floor(this.#random() * MAX_IN_BODY), next - first)
    const entries = this.after(first - 1).slice(0, size)
    const last = entries.at(-1)
    if (last === undefined) return undefined
    const texts = entries.map(({ text }) => text)
    const body: Body = {
      first,
      last: last.n,
      text: texts.length === 1 ? String(texts[0]) : `[${texts.join(',')}]`,
      respondAsync: this.#respondAsync(),
      callIds: entries.flatMap(({ callId }) => callId ?? []),
      isInFlight: false
    }
    this.bodies.push(body)
    return body
  }

  #mayBeAnswered ({ last, respondAsync, callIds }: Body): boolean {
    return last <= this.received && !respondAsync && callIds.some(this.#isPending)
  }
}
