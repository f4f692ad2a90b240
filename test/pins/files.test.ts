import t from 'tap'
import { sourcesIn } from './sources.ts'

const MAX_LINES = 400
// Joined here, so that this file is not one of those that it looks for.
const MARKS = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].map((mark) => `\\b${mark}\\b`).join('|'))

const sources = sourcesIn('lib', 'plugins', 'bin', 'examples', 'test', 'index.ts')

t.test(`no source is longer than ${MAX_LINES} lines`, async (t) => {
  t.ok(sources.length > 80, `${sources.length} sources were read`)
  t.strictSame(sources.filter(({ text }) => text.split('\n').length - 1 > MAX_LINES).map(({ path }) => path), [])
})

t.test('no source puts work off', async (t) => {
  t.strictSame(sources.filter(({ text }) => MARKS.test(text)).map(({ path }) => path), [])
  t.match('// TO' + 'DO: later', MARKS, 'a mark would be seen')
})
