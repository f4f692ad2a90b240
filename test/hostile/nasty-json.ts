/** JSON values that are made to hurt whoever merges, patches or looks up by key. The same seed gives the same values. */

/** Keys that mean something to some code: prototypes, JSON pointers, paths, promises, serialisers, array indices. */
export const NASTY_KEYS = [
  'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__', '__lookupSetter__', 'then', 'toJSON', 'length', 'name', 'get', 'set',
  '/', '~', '.', '..', '~0', '~1', '/__proto__/polluted', '__proto__.polluted', 'constructor.prototype.polluted', 'a/b', 'a~b', 'a.b', 'a[0]', '[__proto__]', '0', '-1', '-', '', ' ', '*', '$',
  '$ref', '$where', '__proto__ ', ' __proto__', '__PROTO__', '_\u200b_proto__', '__pro\u0000to__', '\u0000', '\n', '\ud800', '\u2028', 'polluted'
] as const

const SCALARS = [null, true, false, 0, -1, 1e300, '', 'x', 'polluted', '__proto__', '\u0000', '\ud83d', '/__proto__', '%7B', '{}']

/** A source of numbers from 0 up to and without 1 (mulberry32), the same each time. */
export function numbersFrom (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** An object of {@link NASTY_KEYS}, at most `depth` deep. */
export function nastyObject (random: () => number, depth: number): Record<string, unknown> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const value = (left: number): unknown => {
    const kind = left === 0 ? 1 : random()
    if (kind > 0.7) return pick(SCALARS)
    if (kind > 0.5) return Array.from({ length: Math.floor(random() * 4) }, () => value(left - 1))
    return object(left)
  }
  const object = (left: number): Record<string, unknown> => {
    const keys = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(NASTY_KEYS))
    return Object.fromEntries(keys.map((key) => [key, value(left - 1)]))
  }
  return object(depth)
}
