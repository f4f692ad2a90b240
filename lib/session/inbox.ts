import type { Clock, Timer } from '../util/clock.ts'

/** The answer to a body that may be asked for again. Plain data. */
export interface Replay {
  /** The number of the body's first message. */
  readonly first: number
  readonly count: number
  readonly answer: string | null
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** An inbox as plain data. */
export interface InboxRecord {
  /** The number of the last message of the client that was taken, to be executed once and in order. */
  received: number
  /** Oldest first. */
  replays: Replay[]
}

/** What became of a numbered body. */
export type Taken =
  | { readonly kind: 'answered', readonly answer: string | undefined, readonly replayed: boolean }
  /** A message before it did not come in time, or its answer is not kept any more. */
  | { readonly kind: 'gap' }

/** Times and sizes of an inbox. */
export interface InboxLimits {
  /** How long a body waits for those before it. */
  readonly gapTimeoutMs: number
  /** How long an answer is kept for a repetition. */
  readonly replayMs: number
  /** Bytes of answers that are kept, with 128 for each answer's own cost. */
  readonly maxReplayBytes: number
  /** Bodies that may wait; a further one is told at once that there is a gap. */
  readonly maxWaiting: number
}

/** What an answer costs beside its text: many empty ones must not cost more than they are counted for. */
const REPLAY_BYTES = 128

/** Nothing was received yet. */
export function newInbox (): InboxRecord {
  return { received: 0, replays: [] }
}

type Run = () => string | undefined | Promise<string | undefined>

interface Waiting {
  readonly count: number
  readonly run: Run
  readonly resolve: (taken: Taken | Promise<Taken>) => void
  readonly timer: Timer
}

/** Takes the client's messages once and in order, however often and in whatever order their bodies come. */
export class Inbox {
  readonly record: InboxRecord
  readonly #clock: Clock
  readonly #limits: InboxLimits
  /** Bodies that came before their time, by their first number. Most sessions never have any: no map is made for them. */
  #waiting: Map<number, Waiting> | null = null
  /** Bodies whose answers are not there yet. */
  #running: Map<number, Promise<Taken>> | null = null

  constructor (record: InboxRecord, clock: Clock, limits: InboxLimits) {
    this.record = record
    this.#clock = clock
    this.#limits = limits
  }

  /** Counts messages of a link that carries them in order. */
  count (messages: number): void {
    this.record.received += messages
  }

  /**
   * Takes a body of `count` messages.
   * @param first its first number; undefined: the next one, and then it cannot be repeated safely
   */
  take (first: number | undefined, count: number, run: Run): Taken | Promise<Taken> {
    const next = this.record.received + 1
    if (first === undefined || first === next) return this.#run(next, count, run, first !== undefined)
    return first < next ? this.#repeat(first, count) : this.#wait(first, count, run)
  }

  /**
   * Takes a body beside a link that counts the client's messages. Its number is theirs: what has not run yet must not run here, because
   * the client has been told so, and sends it again by the link. A body without a number runs and takes none.
   */
  takeBeside (first: number | undefined, count: number, run: Run): Taken | Promise<Taken> {
    if (first === undefined) return answered(run())
    return first <= this.record.received ? this.#repeat(first, count) : { kind: 'gap' }
  }

  /** Gives up on bodies that wait: the session ends, or a link counts from now on. */
  giveUpWaiting (): void {
    for (const { timer, resolve } of this.#waiting?.values() ?? []) {
      timer.cancel()
      resolve({ kind: 'gap' })
    }
    this.#waiting = null
  }

  #run (first: number, count: number, run: Run, mayRepeat: boolean): Taken | Promise<Taken> {
    this.record.received += count
    const answer = run()
    const taken = answer instanceof Promise
      ? this.#settle(first, count, answer, mayRepeat)
      : this.#answered(first, count, answer, mayRepeat)
    this.#runWaiting()
    return taken
  }

  #settle (first: number, count: number, answer: Promise<string | undefined>, mayRepeat: boolean): Promise<Taken> {
    const taken = answer.then((text) => {
      this.#running?.delete(first)
      return this.#answered(first, count, text, mayRepeat)
    })
    if (mayRepeat) (this.#running ??= new Map()).set(first, taken)
    return taken
  }

  #answered (first: number, count: number, answer: string | undefined, keep: boolean): Taken {
    if (keep) this.#keep({ first, count, answer: answer ?? null, at: this.#clock.now() })
    return { kind: 'answered', answer, replayed: false }
  }

  #keep (replay: Replay): void {
    const { replays } = this.record
    replays.push(replay)
    this.#forgetOld()
    let bytes = 0
    for (let index = replays.length - 1; index >= 0; index--) {
      bytes += REPLAY_BYTES + (replays[index]?.answer?.length ?? 0)
      if (bytes > this.#limits.maxReplayBytes) {
        replays.splice(0, index + 1)
        return
      }
    }
  }

  #forgetOld (): void {
    const { replays } = this.record
    const oldest = this.#clock.now() - this.#limits.replayMs
    const firstFresh = replays.findIndex(({ at }) => at > oldest)
    replays.splice(0, firstFresh === -1 ? replays.length : firstFresh)
  }

  #repeat (first: number, count: number): Taken | Promise<Taken> {
    this.#forgetOld()
    const running = this.#running?.get(first)
    if (running !== undefined) return running.then((taken) => taken.kind === 'answered' ? { ...taken, replayed: true } : taken)
    const replay = this.record.replays.find((kept) => kept.first === first && kept.count === count)
    if (replay === undefined) return { kind: 'gap' }
    return { kind: 'answered', answer: replay.answer ?? undefined, replayed: true }
  }

  #wait (first: number, count: number, run: Run): Taken | Promise<Taken> {
    this.#giveUp(first) // a repetition of a body that waits takes its place
    const waiting = this.#waiting ??= new Map<number, Waiting>()
    if (waiting.size >= this.#limits.maxWaiting) return { kind: 'gap' }
    return new Promise((resolve) => {
      const timer = this.#clock.after(this.#limits.gapTimeoutMs, () => this.#giveUp(first))
      waiting.set(first, { count, run, resolve, timer })
    })
  }

  #giveUp (first: number): void {
    const waiting = this.#waiting?.get(first)
    if (waiting === undefined) return
    this.#waiting?.delete(first)
    waiting.timer.cancel()
    waiting.resolve({ kind: 'gap' })
  }

  #runWaiting (): void {
    const first = this.record.received + 1
    const waiting = this.#waiting?.get(first)
    if (waiting === undefined) return
    this.#waiting?.delete(first)
    waiting.timer.cancel()
    waiting.resolve(this.#run(first, waiting.count, waiting.run, true))
  }
}

function answered (answer: string | undefined | Promise<string | undefined>): Taken | Promise<Taken> {
  const taken = (text: string | undefined): Taken => ({ kind: 'answered', answer: text, replayed: false })
  return answer instanceof Promise ? answer.then(taken) : taken(answer)
}
