import { createHistogram } from 'node:perf_hooks'

/** How long answers took, in milliseconds. */
export class Latencies {
  /** Questions without an answer, because their connection is gone. */
  lost = 0
  #nanoseconds = createHistogram()

  add (ms) {
    this.#nanoseconds.record(Math.max(1, Math.round(ms * 1e6)))
  }

  /** What there was since it was asked last. */
  take () {
    const { count, max } = this.#nanoseconds
    const [p50, p99] = [50, 99].map((percent) => this.#nanoseconds.percentile(percent) / 1e6)
    const taken = { count, p50, p99, max: count === 0 ? 0 : max / 1e6, lost: this.lost }
    this.#nanoseconds.reset()
    this.lost = 0
    return taken
  }
}
