import { median } from './statistics.js'
import { TARGETS } from './targets.js'

/** The targets whose rows were measured, each with what was reached. */
export function ratiosOf (results) {
  const rows = new Map(results.filter(({ values }) => values.length > 0).map((row) => [row.id, row]))
  return TARGETS.flatMap((target) => ratioOf(target, rows) ?? [])
}

function ratioOf ({ name, of, to, atLeast }, rows) {
  const row = rows.get(of)
  if (row === undefined || !to.every((id) => rows.has(id))) return null
  const best = bestOf(to.map((id) => rows.get(id)))
  return { name, of, to: best.id, value: ratio(row.values, best.values), target: atLeast, atLeast: true, byCost: costRatio(row, best) }
}

/** The median of the ratios of the rounds: what the machine does in a round, it does to both. */
function ratio (values, others) {
  const rounds = Math.min(values.length, others.length)
  return median(values.slice(0, rounds).map((value, round) => value / others[round]))
}

/** The same by what an answer costs the server's process: the steadier figure where the machine has other work. Null where no cost was measured. */
function costRatio ({ cpuMicrosPerAnswer: own }, { cpuMicrosPerAnswer: other }) {
  return own === undefined || other === undefined ? null : ratio(other, own)
}

function bestOf (rows) {
  const isBetter = (one, other) => one.higherIsBetter === (median(one.values) > median(other.values))
  return rows.reduce((best, row) => isBetter(row, best) ? row : best)
}
