/** Makes a new input from those that are known. Knows what JSON is made of, so that what it breaks is often still almost a message. */
import { BAD_BYTES, HEADERS, KEYS, MESSAGES, METHODS, NUMBERS, REACHING, TOKENS_OF_JSON } from './dictionary.ts'
import { type Input, type Step, WAYS } from './input.ts'

/** A fraction of 1, another one each time. */
export type Random = () => number

const MAX_STEPS = 14
const MAX_BYTES = 24_576
/** Longer texts are changed byte by byte: finding their tokens costs more than running them. */
const MAX_TOKENISED_BYTES = 4_096
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[a-z]+|\s+|./gs
const WAITS_MS = [1, 1_000, 2_000, 5_000, 10_000, 25_000, 30_000, 60_000, 300_000]

export function below (random: Random, limit: number): number {
  return Math.floor(random() * limit)
}

export function oneOf<T> (random: Random, values: readonly T[]): T {
  return values[below(random, values.length)] as T
}

/** A child of an input, and of another one where that takes part. */
export function mutate (random: Random, parent: Input, other: Input): Input {
  let steps: readonly Step[] = parent
  for (let count = 1 + below(random, 4); count > 0; count--) steps = mutateOnce(random, steps, other)
  return steps.slice(0, MAX_STEPS)
}

function mutateOnce (random: Random, steps: readonly Step[], other: Input): readonly Step[] {
  const at = below(random, steps.length)
  const step = steps[at]
  if (step === undefined) return other
  if (step.kind === 'text' && random() < 0.75) return steps.with(at, mutateText(random, step, other))
  return oneOf(random, STEP_MUTATIONS)(random, steps, at, other)
}

type StepMutation = (random: Random, steps: readonly Step[], at: number, other: Input) => readonly Step[]

const STEP_MUTATIONS: readonly StepMutation[] = [
  (_random, steps, at) => steps.toSpliced(at, 1),
  (_random, steps, at) => steps.toSpliced(at, 0, steps[at] as Step),
  (random, steps, at) => steps.toSpliced(at, 0, ...Array.from({ length: below(random, MAX_STEPS) }, () => steps[at] as Step)),
  (random, steps, at) => steps.toSpliced(at, 0, textStep(random)),
  (random, steps, at) => [...steps.slice(0, at), ...steps.slice(at).concat(textStep(random))],
  (random, steps, at) => steps.toSpliced(at, 0, betweenStep(random)),
  (random, steps, at, other) => [...steps.slice(0, at), ...other.slice(below(random, other.length + 1))],
  (random, steps, at, other) => steps.toSpliced(at, 0, ...other.slice(0, below(random, 4))),
  (random, steps, at) => swap(steps, at, below(random, steps.length)),
  (random, steps, at) => steps.with(at, elsewhere(random, steps[at] as Step))
]

function swap<T> (values: readonly T[], left: number, right: number): T[] {
  return values.with(left, values[right] as T).with(right, values[left] as T)
}

function textStep (random: Random): Step {
  const way = oneOf(random, WAYS)
  const bytes = Buffer.from(oneOf(random, MESSAGES))
  return way === 'post' ? { kind: 'text', way, bytes, headers: oneOf(random, HEADERS) } : { kind: 'text', way, bytes }
}

function betweenStep (random: Random): Step {
  return oneOf<() => Step>(random, [
    () => ({ kind: 'turn' }),
    () => ({ kind: 'wait', ms: oneOf(random, WAITS_MS) }),
    () => ({ kind: 'lose', way: oneOf(random, ['first', 'second', 'plain']) })
  ])()
}

function elsewhere (random: Random, step: Step): Step {
  if (step.kind !== 'text') return betweenStep(random)
  const way = oneOf(random, WAYS)
  return way === 'post' ? { ...step, way, headers: oneOf(random, HEADERS) } : { kind: 'text', way, bytes: step.bytes }
}

function mutateText (random: Random, step: Extract<Step, { kind: 'text' }>, other: Input): Step {
  const donor = oneOf(random, other.filter((one) => one.kind === 'text'))?.bytes ?? Buffer.from(oneOf(random, MESSAGES))
  const byTokens = step.bytes.length <= MAX_TOKENISED_BYTES && donor.length <= MAX_TOKENISED_BYTES && random() < 0.8
  const bytes = byTokens ? Buffer.from(mutateTokens(random, step.bytes.toString(), donor.toString())) : oneOf(random, BYTE_MUTATIONS)(random, step.bytes, donor)
  return { ...step, bytes: bytes.subarray(0, MAX_BYTES) }
}

type ByteMutation = (random: Random, bytes: Buffer, donor: Buffer) => Buffer

const BYTE_MUTATIONS: readonly ByteMutation[] = [
  (random, bytes) => put(bytes, below(random, bytes.length), 1, Buffer.from([below(random, 256)])),
  (random, bytes) => put(bytes, below(random, bytes.length), 1, Buffer.from([(bytes[below(random, bytes.length)] ?? 0) ^ (1 << below(random, 8))])),
  (random, bytes) => put(bytes, below(random, bytes.length + 1), 0, oneOf(random, BAD_BYTES)),
  (random, bytes) => bytes.subarray(0, below(random, bytes.length + 1)),
  (random, bytes) => bytes.subarray(below(random, bytes.length + 1)),
  (random, bytes) => put(bytes, below(random, bytes.length), below(random, 8), Buffer.alloc(0)),
  (random, bytes, donor) => Buffer.concat([bytes.subarray(0, below(random, bytes.length + 1)), donor.subarray(below(random, donor.length + 1))]),
  (_random, bytes) => Buffer.from(bytes.toString(), 'utf16le'),
  (_random, bytes) => Buffer.from(bytes.toString(), 'latin1')
]

function put (bytes: Buffer, at: number, count: number, replacement: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), replacement, bytes.subarray(at + count)])
}

function mutateTokens (random: Random, text: string, donor: string): string {
  const tokens = text.match(TOKEN) ?? []
  return oneOf(random, TOKEN_MUTATIONS)(random, tokens, below(random, tokens.length + 1), donor).join('')
}

type TokenMutation = (random: Random, tokens: readonly string[], at: number, donor: string) => readonly string[]

const TOKEN_MUTATIONS: readonly TokenMutation[] = [
  (random, tokens, at) => tokens.toSpliced(at, 1 + below(random, 3)),
  (_random, tokens, at) => tokens.toSpliced(at, 0, tokens[at] ?? ''),
  (random, tokens, at) => swap([...tokens, ''], at, below(random, tokens.length)),
  (random, tokens, at) => tokens.toSpliced(at, 1, oneOf(random, TOKENS_OF_JSON)),
  (random, tokens, at) => tokens.toSpliced(at, 0, oneOf(random, TOKENS_OF_JSON)),
  (random, tokens, at, donor) => tokens.toSpliced(at, below(random, 6), ...someOf(random, donor.match(TOKEN) ?? [])),
  (random, tokens, at) => tokens.toSpliced(at, 0, ...Array.from({ length: 1 + below(random, 40) }, () => tokens[at] ?? '')),
  (random, tokens) => insertMember(random, tokens),
  (random, tokens) => replaceMethod(random, tokens),
  (random, tokens) => replaceWhere(random, tokens, /^"/, () => JSON.stringify(oneOf(random, random() < 0.5 ? METHODS : KEYS))),
  (random, tokens) => replaceWhere(random, tokens, /^-?\d/, () => oneOf(random, NUMBERS)),
  (random, tokens) => replaceWhere(random, tokens, /^"./, (token) => escapeOne(random, token)),
  (random, tokens, at) => nest(random, tokens, at),
  (random, tokens) => Array.from({ length: 1 + below(random, 34) }, (_, index) => `${index === 0 ? '[' : ','}${tokens.join('')}`).concat(']'),
  (random, tokens, _at, donor) => ['[', ...tokens, ',', ...Array.from({ length: below(random, 4) }, () => `${donor},`), donor, ']'],
  (_random, tokens, _at, donor) => [...tokens, donor],
  (random) => [oneOf(random, MESSAGES)]
]

function someOf (random: Random, tokens: readonly string[]): readonly string[] {
  const from = below(random, tokens.length)
  return tokens.slice(from, from + 1 + below(random, 12))
}

/** Perhaps one that is there already. */
function insertMember (random: Random, tokens: readonly string[]): readonly string[] {
  const braces = tokens.flatMap((token, index) => token === '{' ? [index] : [])
  const at = oneOf(random, braces)
  if (at === undefined) return tokens
  const member = random() < 0.3 ? oneOf(random, REACHING) : `${JSON.stringify(oneOf(random, KEYS))}:${oneOf(random, TOKENS_OF_JSON)}`
  return tokens.toSpliced(at + 1, 0, `${member}${tokens[at + 1] === '}' ? '' : ','}`)
}

function replaceMethod (random: Random, tokens: readonly string[]): readonly string[] {
  const places = tokens.flatMap((token, index) => token === '"method"' ? [index + 2] : [])
  const at = oneOf(random, places)
  return at === undefined ? tokens : tokens.toSpliced(at, 1, JSON.stringify(oneOf(random, METHODS)))
}

function replaceWhere (random: Random, tokens: readonly string[], what: RegExp, replacement: (token: string) => string): readonly string[] {
  const places = tokens.flatMap((token, index) => what.test(token) ? [index] : [])
  const at = oneOf(random, places)
  return at === undefined ? tokens : tokens.with(at, replacement(tokens[at] ?? ''))
}

function escapeOne (random: Random, token: string): string {
  const at = 1 + below(random, token.length - 2)
  const code = token.charCodeAt(at).toString(16).padStart(4, '0')
  return `${token.slice(0, at)}\\u${code}${token.slice(at + 1)}`
}

function nest (random: Random, tokens: readonly string[], at: number): readonly string[] {
  const depth = random() < 0.05 ? below(random, 4_000) : 1 + below(random, 40)
  const [open, close] = random() < 0.5 ? ['[', ']'] : ['{"a":', '}']
  return tokens.toSpliced(at, 1, open.repeat(depth), tokens[at] ?? '1', close.repeat(depth))
}
