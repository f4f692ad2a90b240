/** Texts of our own that a parser of JSON may stumble over, each with what is to become of it. */
import { DEPTH } from './depth.ts'
import type { Entry } from './entry.ts'
import { KEYS } from './keys.ts'
import { NUMBERS } from './numbers.ts'
import { STRINGS } from './strings.ts'
import { STRUCTURE } from './structure.ts'
import { UTF8 } from './utf8.ts'
import { WHITESPACE } from './whitespace.ts'

/** By their subjects. */
export const CORPUS: Readonly<Record<string, readonly Entry[]>> = {
  structure: STRUCTURE, numbers: NUMBERS, strings: STRINGS, 'UTF-8': UTF8, whitespace: WHITESPACE, depth: DEPTH, keys: KEYS
}
