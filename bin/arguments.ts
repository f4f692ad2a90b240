import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

/** One `--flag <value>` of a command. */
export interface Flag {
  /** The placeholder in the help, e.g. `<port>`. */
  readonly value: string
  /** What for; one line of the help. */
  readonly help: string
}

/** A command's flags by their names. */
export type Flags = Readonly<Record<string, Flag>>

/** The value of each flag that was given, and where it came from. */
export type Values<F extends Flags> = { readonly [Name in keyof F]: string | undefined }

/**
 * Reads flags from the command line and, where they are absent there, from the environment: `--max-streams`
 * is `MSE_MAX_STREAMS`. An empty variable counts as absent.
 *
 * @throws UsageError for an unknown flag, a flag without value, one that is given twice, and loose words
 */
export function readArguments<F extends Flags> (flags: F, argv: readonly string[], env: NodeJS.ProcessEnv): Values<F> {
  const given = parse(Object.keys(flags), argv)
  const entries = Object.keys(flags).map((name) => [name, given[name] ?? (env[variableOf(name)] || undefined)])
  return Object.fromEntries(entries) as Values<F>
}

/** The variable of the environment that stands for a flag. */
export function variableOf (flag: string): string {
  return `MSE_${flag.toUpperCase().replaceAll('-', '_')}`
}

/**
 * A whole number in a range.
 *
 * @throws UsageError that names the flag, the range and what was given
 */
export function integer (flag: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(`--${flag} has to be a whole number in ${min}..${max}, got ${quote(text)}`)
}

/**
 * One of several words.
 *
 * @throws UsageError that names the flag, the words and what was given
 */
export function oneOf<Word extends string> (flag: string, text: string, words: readonly Word[]): Word {
  const word = words.find((candidate) => candidate === text)
  if (word !== undefined) return word
  throw new UsageError(`--${flag} has to be one of ${words.join(', ')}, got ${quote(text)}`)
}

/** What a user typed, on one line, cut. */
export function quote (text: string): string {
  return JSON.stringify(text.slice(0, 64))
}

function parse (names: readonly string[], argv: readonly string[]): Readonly<Record<string, string | undefined>> {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string', multiple: true } as const]))
  const { values } = understood(() => parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }))
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, single(name, list)]))
}

function single (name: string, list: readonly string[] | undefined): string | undefined {
  if (list !== undefined && list.length > 1) throw new UsageError(`--${name} is given ${list.length} times`)
  return list?.[0]
}

/** Node's own message says it well, in its first sentence. */
function understood<T> (parsing: () => T): T {
  try {
    return parsing()
  } catch (error) {
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split(/\.?(?: To specify|\n|$)/)
    throw new UsageError(sentence.slice(0, 160).replace(/ is ambiguous$/, ' is ambiguous: a value that starts with "-" goes after "="'))
  }
}
