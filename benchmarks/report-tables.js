import { shortNumber } from './plot.js'
import { bestOf, figureOf, isLine, pointsOf, shortName, withRole } from './report-figures.js'

/** Names come from cases and packages: none of them may end a cell. */
const cell = (text) => String(text).replace(/\|/g, '\\|').replace(/\s+/g, ' ')
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`
const table = (head, rows) => [row(head), `|${head.map((_, index) => index === 0 ? '---|' : '---:|').join('')}`, ...rows.map(row)].join('\n')

const ORDER = ['limit', 'peer', 'ours']
const emphasised = ({ role }, text) => role === 'ours' ? `**${text}**` : text

function spread ({ value, low, high }) {
  return high > low ? `${shortNumber(value)} (${shortNumber(low)} to ${shortNumber(high)})` : shortNumber(value)
}

/** The cases of a group, the limit first. */
export function inOrder (cases) {
  return [...cases].filter(({ values }) => values.length > 0).sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role))
}

/** The figures of a group as a table. */
export function groupTable (cases) {
  const ordered = inOrder(cases)
  const lines = ordered.filter(isLine)
  const figures = ordered.filter((one) => !isLine(one))
  return [figures.length > 0 ? figureTable(figures) : '', lines.length > 0 ? lineTable(lines) : ''].filter((text) => text !== '').join('\n\n')
}

function figureTable (cases) {
  const limit = bestOf(withRole(cases, 'limit'))
  const peer = bestOf(withRole(cases, 'peer'))
  const to = (one, other) => other === undefined || one === other || one.role === 'limit' ? '' : `${(figureOf(one).value / figureOf(other).value).toFixed(2)} ×`
  const columns = [
    [`${cases[0].unit}`, (one) => emphasised(one, spread(figureOf(one)))],
    ...(limit === undefined ? [] : [['to the limit', (one) => to(one, limit)]]),
    ...(peer === undefined ? [] : [['to the best peer', (one) => to(one, peer)]])
  ]
  return table(['', ...columns.map(([head]) => head)], cases.map((one) => [emphasised(one, labelOf(one)), ...columns.map(([, value]) => value(one))]))
}

function lineTable (cases) {
  const xs = [...new Set(cases.flatMap((one) => pointsOf(one).map(({ x }) => x)))].sort((a, b) => a - b)
  const rows = cases.map((one) => {
    const points = pointsOf(one)
    const at = (x) => points.find((point) => point.x === x)
    return [emphasised(one, labelOf({ ...one, name: shortName(one) })), ...xs.map((x) => at(x) === undefined ? '' : spread({ value: at(x).y, ...at(x) })), `${(points.at(-1).y / points[0].y).toFixed(2)} ×`]
  })
  return table([cases[0].unit, ...xs.map((x) => x.toLocaleString('en')), 'last to first'], rows)
}

function labelOf ({ role, name }) {
  return role === 'ours' ? `ours: ${name}` : `${role}: ${name}`
}

/** What was wanted, and what was reached. */
export function targetTable (ratios) {
  const rows = ratios.map(({ name, value, target, atLeast, to }) => {
    const reached = atLeast ? value >= target : value <= target
    const unit = to === null ? '' : ' ×'
    return [name, `${atLeast ? 'at least' : 'at most'} ${shortNumber(target)}${unit}`, `${shortNumber(value)}${unit}`, reached ? '✔ reached' : '✘ **not reached**']
  })
  return table(['', 'target', 'measured', ''], rows)
}

/** Each package with the version that was measured. */
export function versionTable (node, versions) {
  return table(['', 'version'], [['Node.js', node], ...Object.entries(versions)])
}
