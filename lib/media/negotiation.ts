/**
 * The rules of offer, answer and candidates that every engine shares, free of any WebRTC library.
 * Time is a parameter; nothing here throws for what a client sent.
 */
import type { Clock, Timer } from '../util/clock.ts'
import type { Candidate } from './engine.ts'

/** Times and sizes of the negotiation. */
export const NEGOTIATION = {
  /** Changes that come within this time travel in one offer. */
  coalesceMs: 20,
  /** An offer that is unanswered for so long is resent once; after as much again the leg ends. */
  answerTimeoutMs: 15_000,
  /** How long a candidate waits for the description that it belongs to. */
  candidateHoldMs: 45_000,
  /** Candidates that a connection takes before and after each description. */
  maxCandidates: 64
} as const

/** What an {@link Offerer} asks of its engine. */
export interface OffererHost {
  readonly clock: Clock
  /** Make and send a new offer. */
  offer (): void
  /** Send the last offer once more, unchanged. */
  resend (): void
  /** The other side never answered. */
  gaveUp (): void
}

/**
 * The offering side of a connection: one offer is outstanding at a time, what changes meanwhile is
 * offered together after the answer.
 */
export class Offerer {
  readonly #host: OffererHost
  #state: 'idle' | 'coalescing' | 'waiting' | 'closed' = 'idle'
  #changed = false
  #resent = false
  #timer: Timer | undefined

  constructor (host: OffererHost) {
    this.#host = host
  }

  /** True while an offer is out and unanswered. */
  get waiting (): boolean {
    return this.#state === 'waiting'
  }

  /** Something has changed that the other side must be told. */
  change (): void {
    if (this.#state === 'waiting') this.#changed = true
    if (this.#state !== 'idle') return
    this.#state = 'coalescing'
    this.#arm(NEGOTIATION.coalesceMs, () => this.#offer())
  }

  /** An answer has come. False when nobody waits for one: it is stray or repeated, ignore it. */
  answered (): boolean {
    if (this.#state !== 'waiting') return false
    this.#timer?.cancel()
    this.#state = 'idle'
    if (this.#changed) this.change()
    return true
  }

  /** No more offers. Idempotent. */
  close (): void {
    this.#state = 'closed'
    this.#timer?.cancel()
  }

  #offer (): void {
    this.#state = 'waiting'
    this.#changed = false
    this.#resent = false
    this.#arm(NEGOTIATION.answerTimeoutMs, () => this.#unanswered())
    this.#host.offer()
  }

  #unanswered (): void {
    if (this.#resent) {
      this.close()
      this.#host.gaveUp()
      return
    }
    this.#resent = true
    this.#arm(NEGOTIATION.answerTimeoutMs, () => this.#unanswered())
    this.#host.resend()
  }

  #arm (delayMs: number, task: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#host.clock.after(delayMs, task)
  }
}

interface Held {
  readonly candidate: Candidate
  readonly until: number
}

/**
 * The candidates of one connection, held until the description that they belong to is there.
 * An ICE restart is a new description with a new user name fragment; its candidates may come first, too.
 */
export class CandidateInbox {
  readonly #clock: Clock
  readonly #deliver: (candidate: Candidate) => void
  #held: Held[] = []
  #fragments: ReadonlySet<string> | null = null
  #delivered = 0
  /** Candidates that were thrown away: too many, too old, or `.local`. */
  dropped = 0

  /** @param deliver takes each candidate once its description is there; never awaited */
  constructor (clock: Clock, deliver: (candidate: Candidate) => void) {
    this.#clock = clock
    this.#deliver = deliver
  }

  /** Candidates that wait for a description. */
  get held (): number {
    return this.#held.length
  }

  /** Whether the candidate names the current description of this connection. */
  owns (fragment: string): boolean {
    return this.#fragments?.has(fragment) === true
  }

  add (candidate: Candidate): void {
    if (this.#belongs(candidate)) return this.#pass(candidate)
    this.#expire()
    if (this.#held.length >= NEGOTIATION.maxCandidates) this.dropped++
    else this.#held.push({ candidate, until: this.#clock.now() + NEGOTIATION.candidateHoldMs })
  }

  /** The connection's remote description is now the one with these user name fragments. */
  described (fragments: ReadonlySet<string>): void {
    this.#fragments = fragments
    this.#delivered = 0
    this.#expire()
    const waiting = this.#held
    this.#held = []
    for (const entry of waiting) {
      if (this.#belongs(entry.candidate)) this.#pass(entry.candidate)
      else this.#held.push(entry)
    }
  }

  #belongs (candidate: Candidate): boolean {
    const fragment = fragmentOf(candidate)
    return this.#fragments !== null && (fragment === null || this.#fragments.has(fragment))
  }

  #pass (candidate: Candidate): void {
    if (this.#delivered >= NEGOTIATION.maxCandidates) {
      this.dropped++
      return
    }
    this.#delivered++
    this.#deliver(candidate)
  }

  #expire (): void {
    const now = this.#clock.now()
    const fresh = this.#held.filter((entry) => entry.until > now)
    this.dropped += this.#held.length - fresh.length
    this.#held = fresh
  }
}

/**
 * Gives a client's candidate to the connection that its user name fragment names, or to every
 * connection when it names none or one that is not known yet.
 *
 * A `.local` candidate (mDNS, RFC 8828) is dropped: only the client's own network could resolve it, the
 * lookup blocks for seconds, and the client's checks reveal its address anyway.
 * @returns false when the candidate was dropped
 */
export function routeCandidate (candidate: Candidate, inboxes: readonly CandidateInbox[]): boolean {
  if (isLocalName(candidate)) return false
  const fragment = fragmentOf(candidate)
  const owner = fragment === null ? undefined : inboxes.find((inbox) => inbox.owns(fragment))
  for (const inbox of owner === undefined ? inboxes : [owner]) inbox.add(candidate)
  return true
}

/** True when the candidate says that no more will follow. */
export function endsCandidates (candidate: Candidate): boolean {
  return candidate.candidate.trim() === ''
}

function isLocalName (candidate: Candidate): boolean {
  return candidate.candidate.split(' ')[4]?.toLowerCase().endsWith('.local') === true
}

/** The user name fragment of a candidate; clients that send bare strings have it in the string. */
function fragmentOf (candidate: Candidate): string | null {
  if (typeof candidate.usernameFragment === 'string' && candidate.usernameFragment !== '') return candidate.usernameFragment
  return / ufrag (\S+)/.exec(candidate.candidate)?.[1] ?? null
}
