import { median, spread } from './statistics.js'

/** The rows of each group as text. */
export function tableOf ({ results, ratios }) {
  const lines = []
  for (const group of new Set(results.map((row) => row.group))) {
    lines.push('', group)
    for (const row of results) if (row.group === group) lines.push(lineOf(row))
  }
  return [...lines, '', ...ratios.map(ratioLine)].join('\n')
}

function lineOf ({ role, name, unit, values, ...cost }) {
  const title = `  ${`${role}: ${name}`.padEnd(58)}`
  if (values.length === 0) return `${title} failed`
  // Of a curve its last point.
  const numbers = values.map((value) => typeof value === 'number' ? value : value.at(-1).y)
  return `${title}${figure(median(numbers)).padStart(10)} ${unit.padEnd(13)} ±${String(Math.round(spread(numbers) * 50)).padEnd(3)} %${costOf(cost)}`
}

function costOf ({ cpuMicrosPerAnswer, serverBusy, loadBusy }) {
  if (cpuMicrosPerAnswer === undefined) return ''
  return `${median(cpuMicrosPerAnswer).toFixed(1).padStart(8)} µs each, server ${percent(serverBusy)}, load ${percent(loadBusy)}`
}

function percent (shares) {
  return `${Math.round(median(shares) * 100)} %`
}

function figure (value) {
  return value >= 1_000 ? `${(value / 1_000).toFixed(1)} k` : value.toPrecision(3)
}

/** `byCost`, where it is there, is the same ratio by the server's processor time. */
function ratioLine ({ name, value, target, atLeast, byCost = null }) {
  const isReached = atLeast ? value >= target : value <= target
  const figures = `${value.toFixed(2).padStart(6)} (${atLeast ? 'at least' : 'at most'} ${target})`
  return `${isReached ? 'reached    ' : 'NOT REACHED'}  ${figures}  ${name}${byCost === null ? '' : `; by the server's processor time ${byCost.toFixed(2)}`}`
}
