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

function lineOf ({ role, name, unit, values, cpuMicrosPerAnswer = [], serverBusy = [], loadBusy = [] }) {
  if (values.length === 0) return `  ${`${role}: ${name}`.padEnd(58)} failed`
  const cost = cpuMicrosPerAnswer.length === 0 ? '' : `${median(cpuMicrosPerAnswer).toFixed(1).padStart(8)} µs each, server ${percent(serverBusy)}, load ${percent(loadBusy)}`
  return `  ${`${role}: ${name}`.padEnd(58)}${figure(median(values)).padStart(10)} ${unit.padEnd(13)} ±${Math.round(spread(values) * 50)} %${cost}`
}

function percent (shares) {
  return `${Math.round(median(shares) * 100)} %`
}

function figure (value) {
  return value >= 1_000 ? `${(value / 1_000).toFixed(1)} k` : value.toPrecision(3)
}

function ratioLine ({ name, value, target, comparison, isReached, byCost }) {
  const cost = byCost === null ? '' : `; by the server's processor time ${byCost.toFixed(2)}`
  return `${isReached ? 'reached    ' : 'NOT REACHED'}  ${value.toFixed(2).padStart(6)} (${comparison === 'atLeast' ? 'at least' : 'at most'} ${target})  ${name}${cost}`
}
