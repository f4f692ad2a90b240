import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

/** One `--flag <value>` of a command, or a switch, which takes none. */
export interface Flag {
  /** The placeholder in the help, e.g. `<port>`; absent for a switch. */
  readonly value?: string
  /** What for; one line of the help. */
  readonly help: string
}

/** A command's flags by their names. */
export type Flags = Readonly<Record<string, Flag>>

/** The value of each flag that was given, and whether each switch was. */
export type Values<F extends Flags> = { readonly [Name in keyof F]: F[Name] extends { readonly value: string } ? string | undefined : boolean }

/** A command line: its flags, and the words between them. */
export interface Command<F extends Flags> {
  readonly values: Values<F>
  readonly words: readonly string[]
}

/**
 * Reads flags from the command line and, where they are absent there, from the environment: `--max-streams`
 * is `MSE_MAX_STREAMS`. An empty variable counts as absent. Switches are of the command line alone.
 *
 * @throws UsageError for an unknown flag, a flag without value, one that is given twice, and loose words
 */
export function readArguments<F extends Flags> (flags: F, argv: readonly string[], env: NodeJS.ProcessEnv): Values<F> {
  return read(flags, argv, env, false).values
}

/**
 * The same for a command that also takes words.
 *
 * @throws UsageError for an unknown flag, a flag without value, and one that is given twice
 */
export function readCommand<F extends Flags> (flags: F, argv: readonly string[], env: NodeJS.ProcessEnv): Command<F> {
  return read(flags, argv, env, true)
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

function read<F extends Flags> (flags: F, argv: readonly string[], env: NodeJS.ProcessEnv, allowPositionals: boolean): Command<F> {
  const options = Object.fromEntries(Object.entries(flags).map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string', multiple: true } as const]))
  const { values, positionals } = understood(() => parseArgs({ args: [...argv], options, strict: true, allowPositionals }))
  const entries = Object.entries(flags).map(([name, { value }]) => {
    const given = single(name, values[name])
    return [name, value === undefined ? given === true : given ?? (env[variableOf(name)] || undefined)]
  })
  return { values: Object.fromEntries(entries) as Values<F>, words: positionals }
}

function single<T> (name: string, list: readonly T[] | undefined): T | undefined {
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
