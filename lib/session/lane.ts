/** Keeps the messages of one session in order behind a call that decides what the later ones may do (`auth`, `start`, a batch). */
export class Lane {
  readonly #maxBytes: number
  readonly #waiting: Waiter[] = []
  #waitingBytes = 0
  #isHeld = false

  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Must a new message wait? */
  get isHeld (): boolean { return this.#isHeld || this.#waiting.length > 0 }

  /** Messages that wait. */
  get waitingMessages (): number { return this.#waiting.reduce((sum, { messages }) => sum + messages, 0) }

  /** Holds the lane until `work` settles. While it is held nothing else runs, so there is one hold at a time. */
  hold (work: Promise<unknown>): void {
    this.#isHeld = true
    const release = (): void => {
      this.#isHeld = false
      this.#runWaiting()
    }
    work.then(release, release)
  }

  /** Runs `task` when it is its turn. @returns false when too much waits already; the task is not kept then */
  wait (bytes: number, messages: number, task: () => void): boolean {
    if (this.#waitingBytes + bytes > this.#maxBytes) return false
    this.#waitingBytes += bytes
    this.#waiting.push({ bytes, messages, task })
    return true
  }

  #runWaiting (): void {
    while (!this.#isHeld) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#waitingBytes -= next.bytes
      next.task()
    }
  }
}

interface Waiter {
  readonly bytes: number
  readonly messages: number
  readonly task: () => void
}
