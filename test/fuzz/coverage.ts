/** Which parts of lib run, as V8 counts them. Start it before lib is loaded: what is compiled by then is not counted by blocks. */
import { Session } from 'node:inspector'
import type { Profiler } from 'node:inspector'

const LIB = new URL('../../lib/', import.meta.url).href

/** From here to there in a source. */
type Range = readonly [start: number, end: number]

interface FunctionState {
  /** What has not run yet. */
  open: Range[]
  /** Every range that did not run at some time, as text. */
  readonly blocks: Map<string, Range>
}

/** How much has run so far. */
export interface CoverageFigures {
  readonly functions: number
  /** Functions, and branches within them. */
  readonly blocks: number
  readonly missed: number
}

export class Coverage {
  readonly #session = new Session()
  readonly #functions = new Map<string, FunctionState>()

  start (): void {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true })
  }

  stop (): void {
    this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  /** Takes note of what has run since the last time. @returns was any of it new? */
  note (): boolean {
    return this.#merge(this.#take()) > 0
  }

  /** As {@link note}, and forgets it again. */
  peek (): boolean {
    return this.#take().some((one) => this.#gain(one) > 0)
  }

  /** As if nothing had run. */
  reset (): void {
    this.#take()
    this.#functions.clear()
  }

  get figures (): CoverageFigures {
    let [blocks, missed] = [0, 0]
    for (const { open, blocks: all } of this.#functions.values()) {
      const closed = [...all.values()].filter((range) => !open.some((other) => other[0] <= range[0] && other[1] >= range[1])).length
      blocks += 1 + closed
      missed += all.size - closed
    }
    return { functions: this.#functions.size, blocks, missed }
  }

  /** Functions of lib that ran, each with what of it did not. */
  #take (): RunFunction[] {
    let scripts: Profiler.ScriptCoverage[] = []
    this.#session.post('Profiler.takePreciseCoverage', (_error, { result }) => { scripts = result })
    return scripts.filter(({ url }) => url.startsWith(LIB)).flatMap(({ url, functions }) => functions.flatMap((one) => runFunction(url, one)))
  }

  #merge (functions: readonly RunFunction[]): number {
    let gained = 0
    for (const one of functions) {
      gained += this.#gain(one)
      const state = this.#functions.get(one.name)
      if (state === undefined) this.#functions.set(one.name, { open: [...one.open], blocks: new Map(one.open.map((range) => [range.join(), range])) })
      else addTo(state, one.open)
    }
    return gained
  }

  #gain ({ name, open }: RunFunction): number {
    const state = this.#functions.get(name)
    return state === undefined ? 1 : lengthOf(state.open) - lengthOf(intersection(state.open, open))
  }
}

interface RunFunction { readonly name: string, readonly open: readonly Range[] }

function runFunction (url: string, { ranges }: Profiler.FunctionCoverage): RunFunction[] {
  const [whole, ...inner] = ranges
  if (whole === undefined || whole.count === 0) return []
  return [{ name: `${url}:${whole.startOffset}`, open: gaps(inner) }]
}

/** What did not run: ranges lie within one another, and the innermost counts. */
function gaps (inner: readonly Profiler.CoverageRange[]): Range[] {
  const open: Range[] = []
  for (const { count, startOffset, endOffset } of inner) {
    if (count === 0) open.push([startOffset, endOffset])
  }
  return open
}

function addTo (state: FunctionState, open: readonly Range[]): void {
  for (const range of open) state.blocks.set(range.join(), range)
  state.open = intersection(state.open, open)
}

function intersection (left: readonly Range[], right: readonly Range[]): Range[] {
  return left.flatMap(([start, end]) => right.map(([from, to]): Range => [Math.max(start, from), Math.min(end, to)])).filter(([start, end]) => start < end)
}

function lengthOf (ranges: readonly Range[]): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0)
}
