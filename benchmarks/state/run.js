// The cases of this folder alone:
//   node benchmarks/state/run.js [--quick] [--out <folder>] [word ...]
// With words, only the cases whose id has one of them. With --out, results.json and the report go there.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeReport } from '../report.js'
import { stateCases, stateRatios } from './index.js'
import { machineOf, versionsOf } from './machine.js'

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true, options: { quick: { type: 'boolean', default: false }, out: { type: 'string' }, rounds: { type: 'string', default: '1' } }
})
const rounds = Number(options.rounds)
const startedAt = new Date().toISOString()
const cases = stateCases.filter(({ id }) => words.length === 0 || words.some((word) => id.includes(word)))
const results = cases.map(({ run, rounds: _most, ...about }) => ({ ...about, values: [] }))

for (let round = 1; round <= rounds; round++) {
  for (const [index, { run, rounds: most = Infinity, id }] of cases.entries()) {
    if (round > most) continue
    const before = performance.now()
    const value = await run({ quick: options.quick })
    results[index].values.push(value)
    console.error(`${id}: ${shown(value)} (${((performance.now() - before) / 1_000).toFixed(1)} s)`)
  }
}

function shown (value) {
  return typeof value === 'number' ? value.toPrecision(4) : value.map(({ x, y }) => `${x}: ${y.toPrecision(3)}`).join(', ')
}

const versions = versionsOf(['fastify', 'ws', '@fastify/websocket', 'socket.io', 'json-rpc-2.0', 'jayson', 'werift'])
const all = { machine: machineOf(), node: process.version, versions, startedAt, rounds, results, ratios: stateRatios(results) }
for (const { name, value, target, atLeast } of all.ratios) console.log(`${value.toPrecision(4)} (${atLeast ? 'at least' : 'at most'} ${target}) ${name}`)
if (options.out !== undefined) {
  await mkdir(options.out, { recursive: true })
  await writeFile(join(options.out, 'results.json'), JSON.stringify(all, null, 2))
  await writeReport(all, options.out)
}
