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
  return { name, of, to: best.id, value: median(row.values) / median(best.values), target: atLeast, atLeast: true, byCost: costRatio(row, best) }
}

/** The same by what an answer costs the server's process: the steadier figure where the machine has other work. Null where no cost was measured. */
function costRatio ({ cpuMicrosPerAnswer: own }, { cpuMicrosPerAnswer: other }) {
  return own === undefined || other === undefined ? null : median(other) / median(own)
}

function bestOf (rows) {
  const isBetter = (one, other) => one.higherIsBetter === (median(one.values) > median(other.values))
  return rows.reduce((best, row) => isBetter(row, best) ? row : best)
}
