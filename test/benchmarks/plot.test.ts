import t from 'tap'
import { barPlot, linePlot, shortNumber, ticksTo } from '../../benchmarks/plot.js'
import { plotsOf } from '../../benchmarks/report.js'
import { RESULTS } from './results.ts'
import { faultOf } from './xml-fault.ts'

t.test('every plot is well-formed SVG without numbers that are none', async (t) => {
  t.equal(faultOf('<svg><g></svg>') === null, false)
  t.equal(faultOf('<svg><g/>a & b</svg>') === null, false)
  const plots = plotsOf(RESULTS)
  t.equal(plots.length, 3)
  for (const { svg, file } of plots) {
    t.equal(faultOf(svg), null, file)
    t.notMatch(svg, /NaN|Infinity|undefined/, file)
  }
})

t.test('bars are as long as their values, and whiskers reach from the lowest to the highest', async (t) => {
  const svg = barPlot({
    title: 'A & B',
    unit: 'ms',
    higherIsBetter: false,
    bars: [{ name: 'one', role: 'limit', value: 50, low: 40, high: 60 }, { name: 'two', role: 'ours', value: 100, low: 100, high: 100 }]
  })
  const [one, two] = [...svg.matchAll(/width="([\d.]+)" height="20"/g)].map(([, width]) => Number(width))
  t.ok(one !== undefined && two !== undefined && Math.abs(two / one - 2) < 0.01, `${one} and ${two}`)
  t.match(svg, 'A &#38; B')
  t.equal([...svg.matchAll(/stroke-width="1.5"/g)].length, 3, 'a line and two ends for the one that has a spread')
})

t.test('a line has a point and a tick for each x, and names both axes', async (t) => {
  const points = [100, 1_000, 8_000].map((x) => ({ x, y: x / 100, low: x / 200, high: x / 50 }))
  const svg = linePlot({ title: 'growth', unit: 'µs', xLabel: 'sessions', higherIsBetter: false, series: [{ name: 'ours', role: 'ours', points }] })
  t.equal([...svg.matchAll(/<circle /g)].length, 3)
  for (const expected of ['>100<', '>1,000<', '>8,000<', '>sessions<', '>µs, less is better<']) t.match(svg, expected)
})

t.test('ticks are round, begin at 0 and end at or above the highest value', async (t) => {
  t.strictSame(ticksTo(100), [0, 20, 40, 60, 80, 100])
  t.strictSame(ticksTo(0.33), [0, 0.1, 0.2, 0.3, 0.4])
  t.strictSame(ticksTo(1_140_000), [0, 500_000, 1_000_000, 1_500_000])
  for (const most of [0, 0.0001, 3, 7.1, 99.9, 12_345]) t.ok((ticksTo(most).at(-1) ?? 0) >= most)
})

t.test('numbers are short', async (t) => {
  t.strictSame([0, 0.331, 9.876, 13.04, 1040, 9999, 12_345, 455_100, 1_130_000].map(shortNumber), ['0', '0.33', '9.88', '13', '1040', '9999', '12.3 k', '455 k', '1.13 M'])
})
