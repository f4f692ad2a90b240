const EVERY_MS = 1_000

/** Looks at the server and at the good clients once a second, for the picture over time. */
export class Recorder {
  samples = []
  /** `{ s, name }`, when something began. */
  marks = []
  #server
  #good
  #startedAt = performance.now()
  #timer

  constructor (server, good) {
    this.#server = server
    this.#good = good
    this.#timer = setInterval(() => this.#look(), EVERY_MS)
  }

  get #seconds () { return (performance.now() - this.#startedAt) / 1_000 }

  mark (name) {
    this.marks.push({ s: this.#seconds, name })
  }

  end () {
    clearInterval(this.#timer)
    return { samples: this.samples, marks: this.marks }
  }

  async #look () {
    try {
      const [vitals, second] = await Promise.all([this.#server.ask('vitals'), this.#good.ask('second')])
      this.samples.push({ s: this.#seconds, ...vitals, p50: second.p50, p99: second.p99, lost: second.lost })
    } catch {
      // Who has asked for the run is told by whoever waits for it.
      clearInterval(this.#timer)
    }
  }
}
