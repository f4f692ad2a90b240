// A plot of what happened over time: panels below one another on one axis of seconds or minutes.
import { COLOURS, shortNumber, ticksTo } from './plot.js'
import { GRID, TEXT, WIDTH, at, line, svg, text } from './svg.js'

const PANEL = { left: 62, right: 20, top: 30, height: 96, gap: 16 }
const HEAD = 52
const FOOT = 44
/** More points than that cannot be told apart. */
const MAX_POINTS = 340
/** Where a name of a mark needs more room than there is, it goes a line lower. */
const MARK_LINES = 2
const LETTER = 5.9

const SERIES_COLOURS = [COLOURS.ours, COLOURS.limit, COLOURS.peer]

/**
 * @param xUnit what `x` counts: "s" or "min"
 * @param marks `{ x, name }`, where something begins
 * @param panels `{ title, unit, logarithmic, series: { name, points: { x, y }[] }[] }`, three series at most
 */
export function timePlot ({ title, xUnit, marks = [], panels }) {
  const end = Math.max(...panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => x))))
  const scaleX = (x) => PANEL.left + x / end * (WIDTH - PANEL.left - PANEL.right)
  const head = HEAD + (marks.length > 0 ? MARK_LINES * 14 : 0)
  const step = PANEL.top + PANEL.height + PANEL.gap
  const bottom = head + panels.length * step - PANEL.gap
  const parts = [
    text(16, 26, title, { size: 16, strong: true, weight: 600 }),
    ...marks.map(({ x, name }, index) => drawMark(scaleX(x), name, HEAD - 6 + (index % MARK_LINES) * 14, bottom)),
    ...panels.map((panel, index) => drawPanel(panel, head + index * step + PANEL.top, scaleX)),
    ...ticksTo(end, 10).filter((tick) => tick <= end * 1.001).map((tick) => text(scaleX(tick), bottom + 18, shortNumber(tick), { anchor: 'middle', size: 11 })),
    text((PANEL.left + WIDTH - PANEL.right) / 2, bottom + 35, xUnit === 's' ? 'seconds' : 'minutes', { anchor: 'middle', size: 12 })
  ]
  const told = panels.map((panel) => `${panel.title}: ${panel.series.map(({ name, points }) => `${name} up to ${shortNumber(highest(points))} ${panel.unit}`).join(', ')}`)
  return svg(bottom + FOOT, title, `Lines over ${shortNumber(end)} ${xUnit}. ${told.join('. ')}`, parts)
}

const highest = (points) => Math.max(...points.map(({ y }) => y))

function drawMark (x, name, y, bottom) {
  const isLate = x + name.length * LETTER > WIDTH - PANEL.right
  return line(x, y - 10, x, bottom, `stroke="${TEXT}" stroke-opacity=".5" stroke-dasharray="2 3"`) +
    text(isLate ? x - 4 : x + 4, y, name, { size: 11, anchor: isLate ? 'end' : 'start' })
}

function drawPanel ({ title, unit, logarithmic, series }, top, scaleX) {
  const bottom = top + PANEL.height
  const most = Math.max(...series.map(({ points }) => highest(points)))
  const { ticks, scale } = logarithmic ? powersTo(series, most) : linearTo(most)
  const scaleY = (value) => bottom - scale(value) * PANEL.height
  return [
    text(16, top - 10, `${title}, ${unit}`, { size: 12, strong: true, weight: 600 }),
    legend(series, top - 10),
    ...ticks.map((tick) => line(PANEL.left, scaleY(tick), WIDTH - PANEL.right, scaleY(tick), `stroke="${GRID}" class="grid"`) +
      text(PANEL.left - 8, scaleY(tick) + 4, shortNumber(tick), { anchor: 'end', size: 11 })),
    ...series.map(({ points }, index) => drawLine(points, SERIES_COLOURS[index], scaleX, scaleY))
  ].join('\n')
}

function linearTo (most) {
  const ticks = ticksTo(most, 3)
  return { ticks, scale: (value) => value / ticks.at(-1) }
}

/** From the power of ten below the lowest value to that above the highest. */
function powersTo (series, most) {
  const least = Math.min(...series.flatMap(({ points }) => points.map(({ y }) => y)).filter((y) => y > 0), most)
  const from = Math.floor(Math.log10(least || 1))
  const to = Math.max(from + 1, Math.ceil(Math.log10(most || 1)))
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index))
  return { ticks, scale: (value) => Math.max(0, (Math.log10(Math.max(value, ticks[0])) - from) / (to - from)) }
}

/** From the right: the last series is the outermost. */
function legend (series, y) {
  let x = WIDTH - PANEL.right
  return series.map(({ name }, index) => ({ name, colour: SERIES_COLOURS[index] })).reverse().map(({ name, colour }) => {
    const label = text(x, y, name, { anchor: 'end', size: 11 })
    x -= name.length * LETTER + 16
    const swatch = `<rect x="${at(x)}" y="${y - 8}" width="9" height="9" rx="2" fill="${colour}"/>`
    x -= 14
    return swatch + label
  }).join('')
}

function drawLine (points, colour, scaleX, scaleY) {
  const path = thin(points).map(({ x, y }) => `${at(scaleX(x))},${at(scaleY(y))}`).join(' ')
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-linejoin="round"/>`
}

/** Of neighbours the highest, so that no peak is lost. */
function thin (points) {
  const size = Math.ceil(points.length / MAX_POINTS)
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const neighbours = points.slice(index * size, (index + 1) * size)
    return neighbours.reduce((best, one) => one.y > best.y ? one : best)
  })
}
