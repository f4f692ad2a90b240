// Floods as a page: docs/floods.md and its plots. Nothing is measured here.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeEnvironment } from '../environment.js'
import { median } from '../statistics.js'
import { AFTER, BEFORE, COMING, THERE } from './measure.js'
import { pictureOf } from './pictures.js'

/** What has to hold: latencies against those without the flood, memory against that before it. */
const MAX_LATENCY_RATIO = 2
const MAX_MEMORY_RATIO = 1.1

const MB = 1e6
const count = (value) => value.toLocaleString('en')
const times = (value) => `${value.toFixed(2)} ×`
const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`

/** The figures of one flood that are judged. */
function figuresOf ({ name, stretches, memory, peak, attack }) {
  const base = median([stretches[BEFORE].p99, stretches[AFTER].p99])
  return {
    name,
    attack,
    base,
    coming: stretches[COMING].p99 / base,
    there: stretches[THERE].p99 / base,
    held: memory.after.held / memory.before.held,
    rss: memory.after.rss / memory.before.rss,
    peakMB: peak / MB,
    lost: Object.values(stretches).reduce((sum, { lost }) => sum + lost, 0)
  }
}

const judged = (value, limit) => `${times(value)} ${value <= limit ? '✔' : '✘'}`

function cellsOf (flood) {
  const { name, attack, base, coming, there, held, rss, peakMB, lost } = figuresOf(flood)
  return [
    name, count(attack.opened), count(attack.thrownOut + attack.refused), ms(base), judged(coming, MAX_LATENCY_RATIO), judged(there, MAX_LATENCY_RATIO),
    judged(held, MAX_MEMORY_RATIO), judged(rss, MAX_MEMORY_RATIO), `${Math.round(peakMB)} MB`, lost === 0 ? '0 ✔' : `${lost} ✘`
  ]
}

const HEADINGS = ['flood', 'connections', 'thrown out', 'p99 without it', 'while they come', 'while they are there', 'heap and buffers after', 'process after', 'process at most', 'answers lost']

/** The floods as text for a terminal. */
export function tableOf (floods) {
  return floods.map((flood) => cellsOf(flood).map((cell, index) => index === 0 ? cell : `  ${HEADINGS[index].padEnd(24)}${cell}`).join('\n')).join('\n\n')
}

/**
 * Writes `<folder>/floods.md` and its plots in `<folder>/floods/`.
 * @returns the paths of the files
 */
export async function writeReport (floods, folder) {
  const files = new Map([
    ['floods.md', pageOf(floods)],
    ...floods.map((flood) => [join('floods', `${flood.id}.svg`), pictureOf({ title: flood.name, ...flood })])
  ])
  await mkdir(join(folder, 'floods'), { recursive: true })
  for (const [path, text] of files) await writeFile(join(folder, path), text)
  return [...files.keys()].map((path) => join(folder, path))
}

function pageOf (floods) {
  const { machine, node } = describeEnvironment()
  const rows = [HEADINGS, HEADINGS.map((_, index) => index === 0 ? '---' : '---:'), ...floods.map(cellsOf)]
  return `# Floods

\`npm run floods\` measures this and writes this page: \`mse serve\` in production with its defaults, and what its good clients notice while
others do not mean well. Nobody edits it by hand.

${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.kernel}, Node.js ${node.replace(/^v/, '')}; ${new Date().toISOString().slice(0, 10)}.

${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

- 60 good clients ask for 600 answers a second, whether or not the last one has come: 40 on WebSockets, 20 by POST beside a stream of events. *p99* is theirs; the ratios are
  to the median of the stretches before the flood and after it. At most ${MAX_LATENCY_RATIO} × is wanted.
- *After* is when the last of the flood's sockets and sessions has gone, to before the flood, after full garbage collections. At most ${MAX_MEMORY_RATIO} × is wanted. 1,200 sockets and as many requests had been
  there before anything was counted: Node keeps a thousand HTTP parsers once it has had them, for example.
- Clients of the flood have addresses in 64 networks, as a proxy on the same machine tells them. Who is thrown out of a slow flood comes again.
- All share the machine's cores, and the flood gives way to the server and to the good clients.

${floods.map(({ id, name, what }) => `## ${name}\n\n${what}\n\n![${name}, over time](floods/${id}.svg)`).join('\n\n')}

## Everything at once, for longer

\`npm run soak -- --minutes 60\`: a hundred people with the client of this package, on all its transports, talk through a proxy that cuts each connection after 3 to 40 s, and check that they hear
everything once and in order; beside them idle, half-open, slow and refused strangers come and go.

![A soak, over time](floods/soak.svg)
`
}
