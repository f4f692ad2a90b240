import { type Entry, declined, parses, refused } from './entry.ts'

const arrays = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const mixed = (depth: number): string => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`
/** The call and its params are two levels around what is in them. */
const notInside = (entry: Entry): Entry => ({ ...entry, isTakenInside: false })
const PADDING = ' '.repeat(5_000)

/** Depth: 32 levels are taken, and no more. Long texts are measured before they are parsed, short ones after. */
export const DEPTH: readonly Entry[] = [
  parses('30 arrays', arrays(30)),
  parses('30 objects', objects(30)),
  parses('30 of both', mixed(30)),
  parses('30 arrays in a long text', `${PADDING}${arrays(30)}`, arrays(30)),
  parses('many arrays beside one another', `[${'[[]],'.repeat(2_000)}[]]`),
  parses('many objects beside one another', `[${'{"a":{}},'.repeat(1_000)}{}]`),
  parses('deep arrays beside one another', `[${`${arrays(29)},`.repeat(100)}1]`),
  parses('brackets in long strings', `["${'['.repeat(5_000)}","${'{'.repeat(5_000)}"]`),
  parses('brackets behind an escaped backslash and a quote', `["\\\\",${`"${'['.repeat(40)}",`.repeat(120)}1]`),
  notInside(parses('32 arrays', arrays(32))),
  notInside(parses('32 objects', objects(32))),
  notInside(parses('32 of both', mixed(32))),
  notInside(parses('32 arrays in a long text', `${PADDING}${arrays(32)}`, arrays(32))),
  notInside(parses('31 arrays', arrays(31))),
  declined('33 arrays', arrays(33)),
  declined('33 objects', objects(33)),
  declined('34 of both', mixed(34)),
  declined('33 arrays behind blanks', `${PADDING}${arrays(33)}`),
  declined('33 arrays behind 2,000 shallow ones', `[${'[],'.repeat(2_000)}${arrays(32)}]`),
  declined('33 objects behind a long string', `["${'x'.repeat(5_000)}",${objects(32)}]`),
  declined('33 arrays behind a string of escaped quotes', `["${'\\"'.repeat(3_000)}",${arrays(32)}]`),
  declined('33 arrays behind a string that ends in a backslash', `["${'x'.repeat(5_000)}\\\\",${arrays(32)}]`),
  declined('5,000 arrays', arrays(5_000)),
  declined('5,000 objects', objects(5_000)),
  declined('100,000 arrays', arrays(100_000)),
  declined('100,000 of both', mixed(100_000)),
  refused('33 arrays that do not end', '['.repeat(33)),
  refused('5,000 arrays that do not end', '['.repeat(5_000)),
  refused('100,000 arrays that do not end', '['.repeat(100_000)),
  refused('50,000 objects that do not end', '{"a":'.repeat(50_000)),
  refused('100,000 arrays that do not begin', ']'.repeat(100_000)),
  refused('50,000 arrays that begin and end as objects', `${'['.repeat(50_000)}${'}'.repeat(50_000)}`),
  refused('32 arrays and one end too few', '['.repeat(32) + ']'.repeat(31))
]
