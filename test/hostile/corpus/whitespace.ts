import { type Entry, parses, refused } from './entry.ts'

/** What is a blank elsewhere, and is none in JSON. */
const FOREIGN: ReadonlyArray<readonly [name: string, blank: string]> = [
  ['a vertical tab', '\u000b'], ['a form feed', '\u000c'], ['a next line', '\u0085'], ['a blank that does not break', '\u00a0'], ['an Ogham blank', '\u1680'],
  ['an en blank', '\u2002'], ['a zero-width blank', '\u200b'], ['a line separator', '\u2028'], ['a paragraph separator', '\u2029'], ['a word joiner', '\u2060'],
  ['an ideographic blank', '\u3000'], ['a backspace', '\b'], ['a delete', '\u007f'], ['a NUL', '\0'], ['an end of transmission', '\u0004'], ['a Mongolian separator', '\u180e']
]

/** Blanks: RFC 8259, section 2. */
export const WHITESPACE: readonly Entry[] = [
  parses('blanks around a number', ' 1 ', '1'),
  parses('a tab before', '\t1', '1'),
  parses('a line feed behind', '1\n', '1'),
  parses('a carriage return behind', '1\r', '1'),
  parses('all four around', ' \t\r\n1 \t\r\n', '1'),
  parses('blanks in an empty array', '[ ]', '[]'),
  parses('blanks in an empty object', '{ \n }', '{}'),
  parses('blanks between elements', '[ 1 , 2 ]', '[1,2]'),
  parses('blanks between members', '{ "a" : 1 , "b" : 2 }', '{"a":1,"b":2}'),
  parses('a line for each token', '{\n"a"\n:\n[\n1\n,\n2\n]\n}', '{"a":[1,2]}'),
  parses('an indented text', '{\n  "a": [\n    1\n  ]\n}\n', '{"a":[1]}'),
  parses('5,000 blanks before', `${' '.repeat(5_000)}1`, '1'),
  parses('5,000 line feeds behind', `1${'\n'.repeat(5_000)}`, '1'),
  refused('a blank alone', ' '),
  refused('a line feed alone', '\n'),
  refused('5,000 blanks alone', ' '.repeat(5_000)),
  refused('a blank in a literal', 'tr ue'),
  refused('a blank in a number', '1 2'),
  refused('a blank before an exponent', '1 e3'),
  refused('a blank behind a point', '1. 5'),
  refused('a blank in an escape', '"\\ n"'),
  ...FOREIGN.flatMap(([name, blank]) => [refused(`${name} before`, `${blank}1`), refused(`${name} behind`, `1${blank}`), refused(`${name} in an array`, `[${blank}]`)])
]
