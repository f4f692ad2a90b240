import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { type Flood, tableOf, writeReport } from '../../benchmarks/pressure/report.js'
import { faultOf } from './xml-fault.ts'

const stretch = (p99: number, lost = 0) => ({ count: 1_000, p50: 0.3, p99, max: 2 * p99, lost })
const sample = (s: number) => ({ s, rss: 1e8, held: 4e7, sessions: 60, sockets: 80, lateP99: 1, lateMax: 3, p50: 0.3, p99: 2 })

const FLOOD: Flood = {
  id: 'idle',
  name: 'Ten idle sockets',
  what: 'They do nothing.',
  stretches: { before: stretch(1), 'they come': stretch(4.5), 'they are there': stretch(2.5), 'they are gone': stretch(1, 2), after: stretch(2) },
  memory: { before: { rss: 100e6, held: 30e6 }, after: { rss: 150e6, held: 31e6 } },
  peak: 222e6,
  attack: { opened: 12_000, refused: 3, thrownOut: 4, there: 10 },
  samples: [sample(1), sample(2)],
  marks: [{ s: 0, name: 'before' }]
}

t.test('compares with the stretches without the flood, and says what holds and what does not', async (t) => {
  const table = tableOf([FLOOD])
  t.match(table, /connections +12,000\n +thrown out +7\n +p99 without it +1\.50 ms/)
  t.match(table, /while they come +3\.00 × ✘\n +while they are there +1\.67 × ✔/)
  t.match(table, /heap and buffers after +1\.03 × ✔\n +process after +1\.50 × ✘\n +process at most +222 MB\n +answers lost +2 ✘/)
})

t.test('writes a page with a picture of each flood', async (t) => {
  const folder = t.testdir()
  const paths = await writeReport([FLOOD], folder)
  t.strictSame(paths, [join(folder, 'floods.md'), join(folder, 'floods', 'idle.svg')])
  const page = await readFile(join(folder, 'floods.md'), 'utf8')
  t.match(page, '| Ten idle sockets | 12,000 | 7 | 1.50 ms | 3.00 × ✘ |')
  t.match(page, '## Ten idle sockets\n\nThey do nothing.\n\n![Ten idle sockets, over time](floods/idle.svg)')
  t.equal(faultOf(await readFile(join(folder, 'floods', 'idle.svg'), 'utf8')), null)
})
