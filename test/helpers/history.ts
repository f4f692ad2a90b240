/** What each side of a connection did, as JSON lines in a file, and a checker that knows nothing but such files. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * One thing that was done, once per line. Numbers count from 1 within their stream.
 * - `sent` and `got`: a message on its way through a stream
 * - `called`, `ran`, `answered`: a request, its execution on the server, its answer
 * - `reset`: a client was told that something is lost
 */
export interface Deed {
  readonly did: 'sent' | 'got' | 'called' | 'ran' | 'answered' | 'reset'
  readonly stream: string
  readonly n: number
}

/** Lines that are kept before they are written. */
const BUFFERED_LINES = 512

/** Writes one side's history. */
export class Recorder {
  readonly file: string
  #lines: string[] = []

  constructor (file: string) {
    this.file = file
    writeFileSync(file, '')
  }

  note (did: Deed['did'], stream: string, n: number): void {
    this.#lines.push(`${JSON.stringify({ did, stream, n })}\n`)
    if (this.#lines.length >= BUFFERED_LINES) this.flush()
  }

  flush (): void {
    appendFileSync(this.file, this.#lines.join(''))
    this.#lines = []
  }
}

/** What is wrong with a history: `<stream> <number>` each. All empty: nothing is. */
export interface Verdict {
  /** How many messages were sent, and how many calls were made. */
  readonly sent: number
  readonly called: number
  readonly lost: string[]
  readonly twice: string[]
  readonly outOfOrder: string[]
  /** Got, run or answered without having been sent. */
  readonly foreign: string[]
  readonly unanswered: string[]
  readonly answeredTwice: string[]
  readonly resets: string[]
}

/** Reads what {@link Recorder} wrote. @throws SyntaxError at a line that is not whole */
export function checkHistory (files: readonly string[]): Verdict {
  const deeds = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Deed))
  const verdict: Verdict = {
    sent: deeds.filter(({ did }) => did === 'sent').length,
    called: deeds.filter(({ did }) => did === 'called').length,
    lost: [],
    twice: [],
    outOfOrder: [],
    foreign: [],
    unanswered: [],
    answeredTwice: [],
    resets: []
  }
  for (const stream of new Set(deeds.map((deed) => deed.stream))) {
    const numbers = (did: Deed['did']): number[] => deeds.filter((deed) => deed.stream === stream && deed.did === did).map(({ n }) => n)
    const name = (n: number): string => `${stream} ${n}`
    compare(name, numbers('sent'), numbers('got'), verdict)
    compare(name, numbers('called'), numbers('ran'), verdict)
    compareAnswers(name, numbers('called'), numbers('answered'), verdict)
    verdict.resets.push(...numbers('reset').map(name))
  }
  return verdict
}

/** A report without its counts: empty lists when nothing is wrong. */
export const FLAWLESS = { lost: [], twice: [], outOfOrder: [], foreign: [], unanswered: [], answeredTwice: [], resets: [] }

function compare (name: (n: number) => string, sent: readonly number[], got: readonly number[], verdict: Verdict): void {
  const wanted = new Set(sent)
  const seen = new Set<number>()
  let highest = -Infinity
  for (const n of got) {
    if (!wanted.has(n)) verdict.foreign.push(name(n))
    if (seen.has(n)) verdict.twice.push(name(n))
    else if (n < highest) verdict.outOfOrder.push(name(n))
    seen.add(n)
    highest = Math.max(highest, n)
  }
  verdict.twice.push(...repeated(sent).map(name))
  verdict.lost.push(...sent.filter((n) => !seen.has(n)).map(name))
}

function compareAnswers (name: (n: number) => string, called: readonly number[], answered: readonly number[], verdict: Verdict): void {
  const wanted = new Set(called)
  const seen = new Set(answered)
  verdict.unanswered.push(...called.filter((n) => !seen.has(n)).map(name))
  verdict.answeredTwice.push(...repeated(answered).map(name))
  verdict.foreign.push(...[...seen].filter((n) => !wanted.has(n)).map(name))
}

function repeated (numbers: readonly number[]): number[] {
  const seen = new Set<number>()
  return numbers.filter((n) => seen.size === seen.add(n).size)
}
