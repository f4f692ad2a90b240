// Measures ours beside the limit and the others, in one run: `npm run bench`. Rows are interleaved and repeated, so that a noisy machine is noisy for all of
// them. A whole run writes docs/benchmarks.md, its plots and, for the next run to compare with, docs/benchmarks/results.json.
//   npm run bench -- --quick     the rows behind the targets, shortly, beside what is committed; writes nothing
//   npm run bench -- post        only the rows whose group or name has all of these words; writes nothing
import { join } from 'node:path'
import { CASES } from './cases/index.js'
import { describeEnvironment } from './environment.js'
import { ratiosOf } from './ratios.js'
import { compare, readCommitted, writeReport } from './report.js'
import { stateRatios } from './state/index.js'
import { tableOf } from './table.js'
import { TARGETED } from './targets.js'
import { newSecret } from './token.js'

const DOCS_FOLDER = join(import.meta.dirname, '..', 'docs')
const FULL = { rounds: 3, seconds: 1.2, warmUpSeconds: 0.6 }
const QUICK = { rounds: 1, seconds: 0.8, warmUpSeconds: 0.5 }

/** Of a core: the narrow place of a measurement has at least so much of it. */
const BUSY_SHARE = 0.85

const isQuick = process.argv.includes('--quick')
const words = process.argv.slice(2).filter((word) => !word.startsWith('--')).map((word) => word.toLowerCase())
const isWhole = !isQuick && words.length === 0
const { rounds, ...times } = isQuick ? QUICK : FULL

function isWanted ({ id, group, role, name }) {
  const text = `${group} ${role}: ${name}`.toLowerCase()
  return (!isQuick || TARGETED.has(id)) && words.every((word) => text.includes(word))
}

/** Measures one row once and adds what came of it; a failure leaves a gap that is told. */
async function measureOnce (one, row, context) {
  try {
    row.values.push(await one.run({ ...context, note: (extra) => addTo(row, extra) }))
  } catch (error) {
    console.error(`${one.id} failed:`, error)
    process.exitCode = 1
  }
}

/** What is measured beside the value, each as a list with an entry for each round. */
function addTo (row, extra) {
  for (const [name, value] of Object.entries(extra)) (row[name] ??= []).push(value)
}

/** A case may ask for fewer `rounds`, as what takes long and hardly varies, or for more, which come last and next to one another. */
async function measureAll (cases) {
  const context = { secret: newSecret(), quick: isQuick, ...times }
  const rows = cases.map(({ id, group, name, role, unit, higherIsBetter = true }) => ({ id, group, name, role, unit, higherIsBetter, values: [] }))
  const roundsOf = (one) => isQuick ? rounds : one.rounds ?? rounds
  for (let round = 1; round <= Math.max(...cases.map(roundsOf)); round++) {
    for (const [index, one] of cases.entries()) {
      if (round > roundsOf(one)) continue
      console.error(`round ${round} of ${roundsOf(one)}, ${index + 1} of ${cases.length}: ${one.group}, ${one.name}`)
      await measureOnce(one, rows[index], { ...context, round })
    }
  }
  return rows
}

/** Both sides idle at once means that neither could have its core. */
function warnOfDisturbance (rows) {
  const busiest = rows.flatMap(({ serverBusy = [], loadBusy = [] }) => serverBusy.map((share, round) => Math.max(share, loadBusy[round])))
  const disturbed = busiest.filter((share) => share < BUSY_SHARE).length
  if (disturbed > 0) console.log(`\n${disturbed} of ${busiest.length} measurements were disturbed: neither the server nor the load had its core to itself`)
}

const startedAt = new Date().toISOString()
const environment = describeEnvironment()
const results = await measureAll(CASES.filter(isWanted))
const run = { ...environment, startedAt, rounds, results, ratios: [...ratiosOf(results), ...stateRatios(results)] }
console.log(`Node ${run.node}, ${run.machine.cpu}, ${run.machine.cores} cores; medians of ${rounds} rounds`)
console.log(tableOf(run))
warnOfDisturbance(results)

if (isQuick) {
  const committed = await readCommitted(DOCS_FOLDER)
  committed === null ? console.log('nothing is committed to compare with') : compare(run, committed)
} else if (isWhole && process.exitCode === 1) {
  console.error('rows have failed: nothing is written')
} else if (isWhole) {
  await writeReport(run, DOCS_FOLDER)
}
