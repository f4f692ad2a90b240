/** Mutates inputs, keeps those that reach something new, and stops at the first fault. Load it when coverage is counted already. */
import { createRandom } from '../helpers/fault-proxy.ts'
import type { Coverage, CoverageFigures } from './coverage.ts'
import { BEGINNINGS } from './dictionary.ts'
import { type Input, sizeOf } from './input.ts'
import { type Random, below, mutate, oneOf } from './mutate.ts'
import { type Prototypes, picture, restore } from './prototypes.ts'
import { type Fault, Target } from './target.ts'

/** Coverage is asked for after so many inputs: asking costs as much as they do. */
const BATCH = 64
/** No input may keep the event loop longer. */
const MAX_BLOCK_MS = 10
/** A slow one is tried again so often: the machine may have been busy elsewhere. */
const RETRIES = 3
const MAX_KEPT = 300
/** Larger ones are found again when they are needed, and would make the saved corpus heavy. */
const MAX_KEPT_BYTES = 8_192
const SLOW = 'it keeps the event loop'

export interface FuzzOptions {
  readonly seed: number
  readonly inputs: number
  /** Milliseconds since the epoch. @default never */
  readonly until?: number
  readonly coverage: Coverage
  /** What earlier runs have kept. */
  readonly kept: readonly Input[]
  /** After each batch, with the figures so far for who wants them: counting blocks takes its time. */
  readonly onProgress?: (report: () => FuzzReport) => void
  /** @default a server as it is */
  readonly makeTarget?: () => Target
}

export interface FuzzReport {
  readonly inputs: number
  readonly ms: number
  readonly coverage: CoverageFigures
  /** Inputs that reached something new, and those of earlier runs. */
  readonly kept: readonly Input[]
  /** Inputs that were slow once and not again. */
  readonly slowOnce: number
  readonly failure: { readonly fault: string, readonly input: Input } | null
}

/** Runs until the inputs or the time are used up, or until something is wrong. */
export async function fuzz (options: FuzzOptions): Promise<FuzzReport> {
  const fuzzer = new Fuzzer(options)
  try {
    return await fuzzer.run()
  } finally {
    fuzzer.close()
  }
}

/** Those that are needed to reach what all of them reach, beside where every run begins: small ones first. */
export async function needed (inputs: readonly Input[], coverage: Coverage): Promise<Input[]> {
  const target = new Target()
  const bySize = inputs.filter((input) => sizeOf(input) <= MAX_KEPT_BYTES).sort((left, right) => sizeOf(left) - sizeOf(right))
  const chosen: Input[] = []
  coverage.reset()
  for (const input of BEGINNINGS) await target.run(input)
  coverage.note()
  for (const input of bySize) {
    await target.run(input)
    if (coverage.note()) chosen.push(input)
  }
  target.close()
  return chosen.slice(0, MAX_KEPT)
}

class Fuzzer {
  readonly #options: FuzzOptions
  readonly #random: Random
  readonly #makeTarget: () => Target
  readonly #target: Target
  readonly #before: Prototypes = picture()
  readonly #startedAt = Date.now()
  readonly #kept: Input[]
  #inputs = 0
  #slowOnce = 0
  #failure: FuzzReport['failure'] = null

  constructor (options: FuzzOptions) {
    this.#options = options
    this.#random = createRandom(options.seed)
    this.#makeTarget = options.makeTarget ?? (() => new Target())
    this.#target = this.#makeTarget()
    this.#kept = [...BEGINNINGS, ...options.kept]
  }

  async run (): Promise<FuzzReport> {
    await this.#runAll(this.#kept)
    this.#options.coverage.note()
    while (this.#failure === null && this.#inputs < this.#options.inputs && Date.now() < (this.#options.until ?? Infinity)) {
      await this.#runBatch()
      this.#options.onProgress?.(() => this.#report())
    }
    return this.#report()
  }

  close (): void {
    this.#target.close()
  }

  async #runBatch (): Promise<void> {
    const batch = Array.from({ length: Math.min(BATCH, this.#options.inputs - this.#inputs) }, () => this.#child())
    await this.#runAll(batch)
    if (this.#failure === null && this.#options.coverage.peek()) await this.#keepThose(batch)
  }

  /** Finds the inputs that reach something new among some that do together, by halves: they are few. */
  async #keepThose (inputs: readonly Input[]): Promise<void> {
    const [only] = inputs
    for (const input of inputs) await this.#target.run(input)
    if (inputs.length === 1 && only !== undefined) {
      if (this.#options.coverage.note()) this.#kept.push(only)
    } else if (this.#options.coverage.peek()) {
      const half = inputs.length >> 1
      await this.#keepThose(inputs.slice(0, half))
      await this.#keepThose(inputs.slice(half))
    }
  }

  /** What reached something last is often the way to more. */
  #child (): Input {
    const recent = this.#kept.slice(-32)
    const parent = oneOf(this.#random, this.#random() < 0.3 ? recent : this.#kept)
    return mutate(this.#random, parent, this.#kept[below(this.#random, this.#kept.length)] ?? [])
  }

  async #runAll (inputs: readonly Input[]): Promise<void> {
    for (const input of inputs) {
      const fault = await this.#runOne(input)
      if (fault !== null) return this.#fail(fault, input)
    }
    const fault = await this.#target.check()
    if (fault !== null) await this.#fail(fault, inputs.flat())
  }

  async #runOne (input: Input): Promise<Fault> {
    this.#inputs++
    const { fault, slowestMs } = await this.#target.run(input)
    if (fault !== null || slowestMs <= MAX_BLOCK_MS) return fault
    const again = []
    for (let retry = 0; retry < RETRIES; retry++) again.push((await this.#target.run(input)).slowestMs)
    if (Math.min(...again) > MAX_BLOCK_MS) return `${SLOW} for ${Math.min(slowestMs, ...again).toFixed(1)} ms`
    this.#slowOnce++
    return null
  }

  /** With fewer steps, if those have the same fault on a server of their own. */
  async #fail (fault: string, input: Input): Promise<void> {
    let smallest = input
    for (let at = smallest.length - 1; at >= 0; at--) {
      const fewer = smallest.toSpliced(at, 1)
      if (await this.#fails(fewer, fault)) smallest = fewer
    }
    this.#failure = { fault, input: smallest }
  }

  async #fails (input: Input, known: string): Promise<boolean> {
    restore(this.#before)
    const target = this.#makeTarget()
    const { fault, slowestMs } = await target.run(input)
    const found = fault ?? await target.check() ?? (slowestMs > MAX_BLOCK_MS ? SLOW : '')
    target.close()
    restore(this.#before)
    return withoutFigures(found) === withoutFigures(known.startsWith(SLOW) ? SLOW : known)
  }

  #report (): FuzzReport {
    return {
      inputs: this.#inputs, ms: Date.now() - this.#startedAt, coverage: this.#options.coverage.figures, kept: this.#kept, slowOnce: this.#slowOnce, failure: this.#failure
    }
  }
}

function withoutFigures (fault: string): string {
  return fault.replaceAll(/\d+/g, '')
}
