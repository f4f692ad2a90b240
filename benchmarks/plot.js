// Plots of results: bars, and lines over an axis that counts by factors.
import { GRID, TEXT, WIDTH, at, line, svg, text } from './svg.js'

/** Who is who, by role; in words, too, in the legend. */
export const COLOURS = { ours: '#2f81f7', peer: '#8b949e', limit: '#d29922' }

/** A number for people: 1.13 M, 455 k, 9.87, 0.33. */
export function shortNumber (value) {
  if (value === 0) return '0'
  const [scaled, suffix] = Math.abs(value) >= 1e6 ? [value / 1e6, ' M'] : Math.abs(value) >= 10_000 ? [value / 1e3, ' k'] : [value, '']
  const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2
  const rounded = scaled.toFixed(digits)
  return (rounded.includes('.') ? rounded.replace(/\.?0+$/, '') : rounded) + suffix
}

/** Round steps from 0 to at least `most`: 1, 2 or 5 times a power of ten. */
export function ticksTo (most, wanted = 5) {
  const rough = (most > 0 ? most : 1) / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999)
  const count = Math.ceil(most / step - 1e-9)
  return Array.from({ length: Math.max(1, count) + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

const NAMES = { ours: 'fastify-mse', peer: 'peer', limit: 'limit' }

/** About how wide a text is, for there is nobody to measure it. */
const widthOf = (content, size, perLetter = 0.54) => content.length * size * perLetter
/** Letters of a bold text are wider. */
const BOLD = 0.64

/** The roles that there are, with their colours, in the upper right corner. One alone needs no words. */
function legend (roles, y) {
  const there = ['ours', 'peer', 'limit'].filter((role) => roles.includes(role))
  if (there.length < 2) return ''
  let x = WIDTH - 16
  return there.reverse().map((role) => {
    const label = text(x, y, NAMES[role], { anchor: 'end', size: 12 })
    x -= widthOf(NAMES[role], 12) + 14
    const swatch = `<rect x="${at(x)}" y="${y - 9}" width="10" height="10" rx="2" fill="${COLOURS[role]}"/>`
    x -= 18
    return swatch + label
  }).join('\n')
}

const BAR = { top: 62, height: 20, gap: 12, right: 96, bottom: 34 }

/**
 * Bars that lie, the lowest to highest of each as a whisker.
 * @param bars `{ name, role, value, low, high }`
 */
export function barPlot ({ title, unit, higherIsBetter, bars, target }) {
  const left = Math.min(380, Math.max(120, ...bars.map(({ name, role }) => widthOf(name, 13, role === 'ours' ? BOLD : undefined))) + 28)
  const ticks = ticksTo(Math.max(...bars.map(({ high }) => high), target ?? 0))
  const scale = (value) => left + value / ticks.at(-1) * (WIDTH - left - BAR.right)
  const bottom = BAR.top + bars.length * (BAR.height + BAR.gap)
  const parts = [
    text(16, 26, title, { size: 16, strong: true, weight: 600 }),
    text(16, 45, `${unit}, ${higherIsBetter ? 'more' : 'less'} is better`, { size: 12 }),
    legend(bars.map(({ role }) => role), 45),
    ...ticks.map((tick) => tickLine(scale(tick), BAR.top - 6, bottom, shortNumber(tick))),
    ...bars.map((bar, index) => drawBar(bar, barTop(index), left, scale)),
    target === undefined ? '' : targetLine(scale(target), BAR.top - 6, bottom, target),
    // Over the line of the target, which must not strike a number out.
    ...bars.map((bar, index) => valueOf(bar, barTop(index) + BAR.height / 2, scale))
  ]
  return svg(bottom + BAR.bottom + (target === undefined ? 0 : 12), title, `Bars, ${unit}: ${bars.map(({ name, value }) => `${name} ${shortNumber(value)}`).join('; ')}`, parts)
}

const barTop = (index) => BAR.top + index * (BAR.height + BAR.gap)

function tickLine (x, top, bottom, label) {
  return line(x, top, x, bottom, `stroke="${GRID}" class="grid"`) + text(x, bottom + 17, label, { anchor: 'middle', size: 11 })
}

function targetLine (x, top, bottom, target) {
  return line(x, top, x, bottom, 'stroke="#cf222e" stroke-width="1.5" stroke-dasharray="5 4"') + text(x, bottom + 34, `target ${shortNumber(target)}`, { anchor: 'middle', size: 11 })
}

function drawBar ({ name, role, value, low, high }, y, left, scale) {
  const middle = y + BAR.height / 2
  const isOurs = role === 'ours'
  const bar = `<rect x="${at(left)}" y="${y}" width="${at(Math.max(1, scale(value) - left))}" height="${BAR.height}" rx="3" fill="${COLOURS[role]}"/>`
  const whisker = high > low ? line(scale(low), middle, scale(high), middle, `stroke="${TEXT}" stroke-width="1.5"`) + cap(scale(low), middle) + cap(scale(high), middle) : ''
  return text(left - 10, middle + 4.5, name, { anchor: 'end', strong: isOurs, weight: isOurs ? 600 : 400 }) + bar + whisker
}

function valueOf ({ role, value, high }, middle, scale) {
  const isOurs = role === 'ours'
  return `<g class="halo">${text(scale(Math.max(value, high)) + 8, middle + 4.5, shortNumber(value), { strong: isOurs, weight: isOurs ? 600 : 400 })}</g>`
}

const cap = (x, y) => line(x, y - 4, x, y + 4, `stroke="${TEXT}" stroke-width="1.5"`)

const LINES = { left: 62, right: 190, top: 66, plot: 250, bottom: 54 }

/**
 * Lines over an axis that counts by factors, each point with a whisker from its lowest to its highest.
 * @param series `{ name, role, points: { x, y, low, high }[] }`
 */
export function linePlot ({ title, unit, xLabel, higherIsBetter, series }) {
  const all = series.flatMap(({ points }) => points)
  const xs = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b)
  const ticks = ticksTo(Math.max(...all.map(({ high }) => high)))
  const bottom = LINES.top + LINES.plot
  const scaleX = logarithmic(xs[0], xs.at(-1), LINES.left + 16, WIDTH - LINES.right)
  const scaleY = (value) => bottom - value / ticks.at(-1) * LINES.plot
  const parts = [
    text(16, 26, title, { size: 16, strong: true, weight: 600 }),
    text(16, 45, `${unit}, ${higherIsBetter ? 'more' : 'less'} is better`, { size: 12 }),
    legend(series.map(({ role }) => role), 45),
    ...ticks.map((tick) => line(LINES.left, scaleY(tick), WIDTH - LINES.right + 16, scaleY(tick), `stroke="${GRID}" class="grid"`) +
      text(LINES.left - 8, scaleY(tick) + 4, shortNumber(tick), { anchor: 'end', size: 11 })),
    ...xs.map((x) => line(scaleX(x), bottom, scaleX(x), bottom + 5, `stroke="${GRID}"`) + text(scaleX(x), bottom + 19, x.toLocaleString('en'), { anchor: 'middle', size: 11 })),
    line(LINES.left, bottom, WIDTH - LINES.right + 16, bottom, `stroke="${GRID}"`),
    text((LINES.left + WIDTH - LINES.right) / 2, bottom + 40, xLabel, { anchor: 'middle', size: 12 }),
    ...series.map((one) => drawSeries(one, scaleX, scaleY)),
    ...apart(series.map(({ name, role, points }) => ({ name, role, y: scaleY(points.at(-1).y) }))).map(({ name, role, y }) =>
      text(WIDTH - LINES.right + 24, y + 4, name, { strong: role === 'ours', weight: role === 'ours' ? 600 : 400, size: 12 }))
  ]
  const told = series.map(({ name, points }) => `${name}: ${points.map(({ x, y }) => `${x} ${shortNumber(y)}`).join(', ')}`).join('; ')
  return svg(bottom + LINES.bottom, title, `Lines, ${unit} by ${xLabel}. ${told}`, parts)
}

function logarithmic (first, last, from, to) {
  const span = Math.log(last / first) || 1
  return (value) => from + Math.log(value / first) / span * (to - from)
}

function drawSeries ({ role, points }, scaleX, scaleY) {
  const colour = COLOURS[role]
  const path = points.map(({ x, y }) => `${at(scaleX(x))},${at(scaleY(y))}`).join(' ')
  const whiskers = points.filter(({ low, high }) => high > low).map(({ x, low, high }) => {
    const middle = scaleX(x)
    const stroke = `stroke="${colour}" stroke-opacity=".55" stroke-width="1.5"`
    const ends = [low, high].map((value) => line(middle - 4, scaleY(value), middle + 4, scaleY(value), stroke))
    return line(middle, scaleY(low), middle, scaleY(high), stroke) + ends.join('')
  })
  const dots = points.map(({ x, y }) => `<circle cx="${at(scaleX(x))}" cy="${at(scaleY(y))}" r="3.5" fill="${colour}"/>`)
  return [...whiskers, `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...dots].join('')
}

/** Labels that would lie on one another are moved apart. */
function apart (labels, distance = 16) {
  const sorted = [...labels].sort((a, b) => a.y - b.y)
  for (let index = 1; index < sorted.length; index++) sorted[index].y = Math.max(sorted[index].y, sorted[index - 1].y + distance)
  return sorted
}
