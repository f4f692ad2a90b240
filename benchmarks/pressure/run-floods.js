// Floods `mse serve` on loopback and looks at its good clients: `npm run floods`. Needs some ten minutes, and two cores that do nothing else.
//   npm run floods -- idle      only the floods whose id has one of these words; writes nothing
//   npm run floods -- --quick   shortly; writes nothing
import { join } from 'node:path'
import { FLOODS } from './floods.js'
import { measureFlood } from './measure.js'
import { tableOf, writeReport } from './report.js'

const DOCS_FOLDER = join(import.meta.dirname, '..', '..', 'docs')

const isQuick = process.argv.includes('--quick')
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const wanted = FLOODS.filter(({ id }) => words.length === 0 || words.some((word) => id.includes(word)))
const isWhole = !isQuick && words.length === 0

const results = []
for (const [index, flood] of wanted.entries()) {
  console.error(`${index + 1} of ${wanted.length}: ${flood.name}`)
  results.push({ ...flood, ...await measureFlood(flood, { seconds: isQuick ? 4 : 12 }) })
}
console.log(tableOf(results))
if (isWhole) for (const path of await writeReport(results, DOCS_FOLDER)) console.log(path)
