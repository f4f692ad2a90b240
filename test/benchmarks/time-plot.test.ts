import t from 'tap'
import { timePlot } from '../../benchmarks/time-plot.js'
import { faultOf } from './xml-fault.ts'

const line = (name: string, values: readonly number[]) => ({ name, points: values.map((y, x) => ({ x, y })) })
const linesIn = (svg: string): string[][] => [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = '']) => points.split(' '))

t.test('has a panel with its scale for each quantity, and a line for each series', async (t) => {
  const svg = timePlot({
    title: 'A < B',
    xUnit: 's',
    marks: [{ x: 0, name: 'before' }, { x: 2, name: 'they come' }, { x: 9.9, name: 'after' }],
    panels: [
      { title: 'answers', unit: 'ms', logarithmic: true, series: [line('median', [0.2, 0.3, 0]), line('p99', [2, 300, 5])] },
      { title: 'memory', unit: 'MB', series: [line('process', [100, 120, 10])] }
    ]
  })
  t.equal(faultOf(svg), null)
  t.notMatch(svg, /NaN|Infinity|undefined/)
  t.strictSame(linesIn(svg).map(({ length }) => length), [3, 3, 3])
  for (const tick of ['0.1', '1', '10', '100', '1000', '50', '150']) t.match(svg, `>${tick}</text>`, tick)
  for (const word of ['answers, ms', 'memory, MB', 'median', 'p99', 'process', 'before', 'they come', 'after', 'seconds']) t.match(svg, `>${word}</text>`, word)
  t.match(svg, 'p99 up to 300 ms', 'the description tells it in words')
})

t.test('a long run keeps its peaks, however many points there are', async (t) => {
  const values = Array.from({ length: 36_000 }, (_, second) => second === 20_001 ? 500 : 1)
  const svg = timePlot({ title: 'long', xUnit: 'min', panels: [{ title: 'answers', unit: 'ms', series: [line('p99', values)] }] })
  const [points = []] = linesIn(svg)
  t.ok(points.length <= 340)
  const heights = points.map((point) => Number(point.split(',')[1]))
  t.equal(heights.filter((height) => height < Math.max(...heights) - 50).length, 1)
})
