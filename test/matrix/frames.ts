/** What has come and was not taken yet, so that a test waits for a frame and never for a time. */
export class Frames {
  /** The code with which the server closed, as far as it told. */
  readonly closed: Promise<number>
  readonly #frames: string[] = []
  #isClosed = false
  #resolveClosed: (code: number) => void = () => {}
  #wake: () => void = () => {}

  constructor () {
    this.closed = new Promise((resolve) => { this.#resolveClosed = resolve })
  }

  get isClosed (): boolean { return this.#isClosed }

  push (frame: string): void {
    this.#frames.push(frame)
    this.#wake()
  }

  close (code: number): void {
    this.#isClosed = true
    this.#resolveClosed(code)
    this.#wake()
  }

  /** The next frame; null when the server has closed and nothing is left. */
  async next (): Promise<string | null> {
    while (this.#frames.length === 0 && !this.#isClosed) await new Promise<void>((resolve) => { this.#wake = resolve })
    return this.#frames.shift() ?? null
  }
}
