/** Texts of JSON as no `JSON.stringify` writes them, each with its value as a plain tree, so that a reference can judge it without a parser. */
import fc from 'fast-check'

/** A value as it stands in a text: members in their order, the same key perhaps twice, numbers as they are written. */
export type Node =
  | { readonly kind: 'scalar', readonly text: string }
  | { readonly kind: 'string', readonly value: string }
  | { readonly kind: 'array', readonly items: readonly Node[] }
  | { readonly kind: 'object', readonly members: ReadonlyArray<readonly [key: string, value: Node]> }

const SCALARS = ['null', 'true', 'false', '0', '-0', '1', '1.5', '1e400', '-1e400', '9007199254740991', '9007199254740992', '1e21', '0.1e-7']
const KEYS = ['id', 'method', 'jsonrpc', 'params', 'result', 'error', 'a', '', '0', '__proto__', 'constructor', 'prototype', 'toString', 'a/b', '\ud800', '\u0000']
const TEXTS = ['2.0', 'ping', '', '1', '__proto__', '"', '\\', `\\"${'['.repeat(40)}`, `${'{'.repeat(40)}\\`, '😀', '\ud800', '\u0000', '\u2028', 'x'.repeat(128), 'x'.repeat(129)]

const scalar: fc.Arbitrary<Node> = fc.constantFrom(...SCALARS).map((text) => ({ kind: 'scalar', text }))
const string: fc.Arbitrary<Node> = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary', maxLength: 6 })).map((value) => ({ kind: 'string', value }))
const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 3 }))

const { node: shallow } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    string,
    fc.array(tie('node'), { maxLength: 4 }).map((items): Node => ({ kind: 'array', items })),
    fc.array(fc.tuple(key, tie('node')), { maxLength: 4 }).map((members): Node => ({ kind: 'object', members }))
  )
}))

/** Any value, sometimes deep within others. */
export const value: fc.Arbitrary<Node> = fc.tuple(shallow, fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(fc.boolean(), { minLength: 28, maxLength: 34 }) }))
  .map(([inner, around]) => around.reduce<Node>((node, isArray) => isArray ? { kind: 'array', items: [node] } : { kind: 'object', members: [['a', node]] }, inner))

const member = fc.oneof(
  fc.tuple(fc.constant('jsonrpc'), fc.constant<Node>({ kind: 'string', value: '2.0' })),
  fc.tuple(fc.constant('method'), fc.constant<Node>({ kind: 'string', value: 'ping' })),
  fc.tuple(fc.constantFrom('id', 'params', 'result', 'error', 'method', 'jsonrpc'), shallow)
)
const message: fc.Arbitrary<Node> = fc.array(member, { maxLength: 8 }).map((members) => ({ kind: 'object', members }))

/** What is often a message, or a batch of them. */
export const nearlyMessage: fc.Arbitrary<Node> = fc.oneof(
  message,
  value,
  fc.oneof(fc.array(fc.oneof(message, shallow), { maxLength: 5 }), fc.array(message, { minLength: 31, maxLength: 34 })).map((items): Node => ({ kind: 'array', items }))
)

/** How a text is written: what is escaped, and where there are blanks. */
export const style = fc.record({ seed: fc.nat(), padding: fc.constantFrom(0, 0, 0, 5_000) })

/** One of the many texts of a value. */
export function write (node: Node, { seed, padding }: { seed: number, padding: number }): string {
  let state = seed
  const pick = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % below
  }
  const blank = (): string => pick(8) === 0 ? ' \t\r\n'.slice(0, 1 + pick(4)) : ''
  const text = (value: string): string => `"${Array.from({ length: value.length }, (_, index) => writeUnit(value, index, pick)).join('')}"`
  const go = (node: Node): string => blank() + bare(node) + blank()
  const bare = (node: Node): string => {
    if (node.kind === 'scalar') return node.text
    if (node.kind === 'string') return text(node.value)
    if (node.kind === 'array') return `[${node.items.map(go).join() || blank()}]`
    return `{${node.members.map(([key, value]) => `${blank()}${text(key)}${blank()}:${go(value)}`).join() || blank()}}`
  }
  return ' '.repeat(padding) + go(node)
}

const SHORT: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '/': '\\/' }

function writeUnit (value: string, index: number, pick: (below: number) => number): string {
  const unit = value.charAt(index)
  const code = unit.charCodeAt(0)
  if (SHORT[unit] !== undefined && pick(2) === 0) return SHORT[unit]
  const mustEscape = code < 0x20 || unit === '"' || unit === '\\' || (code >= 0xd800 && code <= 0xdfff)
  return mustEscape || pick(6) === 0 ? `\\u${code.toString(16).padStart(4, '0')}` : unit
}
