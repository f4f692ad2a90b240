import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { compare, plotsOf, readCommitted, reportText, writeReport } from '../../benchmarks/report.js'
import { RESULTS } from './results.ts'

t.test('lists every target, and says of each whether it is reached', async (t) => {
  const text = reportText(RESULTS)
  t.match(text, '2 of 3 are reached.')
  t.match(text, '| ping to the limit | at least 0.7 × | 0.8 × | ✔ reached |')
  t.match(text, '| ping to the better peer | at least 2 × | 1.6 × | ✘ **not reached** |')
  t.match(text, '| KB of a session | at most 11 | 10 | ✔ reached |')
})

t.test('shows the median with its spread, beside the limit and the best peer', async (t) => {
  const text = reportText(RESULTS)
  t.match(text, '| **ours: ping** | **800 k (700 k to 900 k)** | 0.80 × | 1.60 × |')
  t.match(text, '| peer: better \\| peer | 500 k | 0.50 × |  |')
  t.match(text, '| **ours: WebSocket** | **10** | 4.00 × |')
})

t.test('shows a line by its points, over all rounds', async (t) => {
  t.match(reportText(RESULTS), '| **ours: WebSocket** | 5 (3 to 6) | 5.25 (5 to 5.5) | 1.05 × |')
})

t.test('names the machine, the versions and every group, those included that it does not know', async (t) => {
  const text = reportText(RESULTS)
  for (const expected of ['A <fast> & quiet machine, 2 cores, 24 GB, Linux 6, Node.js 20.20.2', '| fastify | 5.0.0 |', '| ws | 8.0.0 |', '## something new']) t.match(text, expected)
})

t.test('writes the page, a plot for each group with something to compare, and the figures for the next run', async (t) => {
  const folder = t.testdir({ benchmarks: { 'gone.svg': 'of a group that is measured no more' } })
  await writeReport(RESULTS, folder)
  t.strictSame((await readdir(join(folder, 'benchmarks'))).sort(), ['core.svg', 'growth-ping.svg', 'memory-held.svg', 'results.json'])
  const page = await readFile(join(folder, 'benchmarks.md'), 'utf8')
  for (const { file } of plotsOf(RESULTS)) t.match(page, `](benchmarks/${file})`)
  t.strictSame(await readCommitted(folder), RESULTS)
})

t.test('marks what has come further from the limit than it was committed, by more than 15 %', async (t) => {
  const faster = (factor: number) => ({
    ...RESULTS,
    results: RESULTS.results.map((one) => one.id === 'core-ping' ? { ...one, values: (one.values as number[]).map((value) => value * factor) } : one)
  })
  const lines: string[] = []
  t.strictSame(compare(RESULTS, faster(1.3), (line: string) => { lines.push(line) }), ['core-ping'])
  t.ok(lines.some((line) => /0\.80 \| +1\.04 {2}core-ping {2}<-- fell by 23 %/.test(line)), lines.join('\n'))
  t.strictSame(compare(RESULTS, faster(1.1), () => {}), [])
  t.strictSame(compare(RESULTS, null, () => {}), [], 'nothing was committed')
})

t.test('there are no committed figures in a folder that has none, and broken ones are told', async (t) => {
  const folder = t.testdir({ benchmarks: {} })
  t.equal(await readCommitted(folder), null)
  await writeFile(join(folder, 'benchmarks', 'results.json'), '{')
  await t.rejects(readCommitted(folder), SyntaxError)
})
