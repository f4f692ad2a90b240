import type { Clock, Timer } from '../../util/clock.ts'

/** The server keeps what is not acknowledged: it is told every so many messages or characters, or after so long. */
const MAX_MESSAGES = 16
const MAX_LENGTH = 65_536
const DELAY_MS = 5_000

/** Says when the server is to be told what has come. */
export class Acknowledger {
  readonly #clock: Clock
  readonly #tell: () => void
  #messages = 0
  #length = 0
  #timer: Timer | null = null

  constructor (clock: Clock, tell: () => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** So much has come. */
  took (messages: number, length: number): void {
    this.#messages += messages
    this.#length += length
    if (this.#messages >= MAX_MESSAGES || this.#length >= MAX_LENGTH) this.#now()
    else this.#timer ??= this.#clock.after(DELAY_MS, () => this.#now())
  }

  stop (): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #now (): void {
    this.stop()
    this.#messages = this.#length = 0
    this.#tell()
  }
}
