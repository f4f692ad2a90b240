// `mse serve` under everything at once for as long as you like: `npm run soak -- --minutes 60`. People come, talk, lose their network and go; strangers are slow,
// silent, or have bad tokens. Writes a plot of memory, sessions, event-loop delay and latency (--output, by default soak.svg here) every minute.
import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pictureOf } from './pictures.js'
import { memoryOf, withServed } from './pressed.js'
import { Recorder } from './recorder.js'

/** What is always there beside the people. The slow readers have a talker in each room. */
const STRANGERS = [
  { kind: 'idleSocket', count: 300, perSecond: 20, staysMs: [5_000, 30_000] },
  { kind: 'idleStream', count: 100, perSecond: 10, staysMs: [5_000, 30_000] },
  { kind: 'halfOpen', count: 30, perSecond: 10 },
  { kind: 'slowHead', count: 20, perSecond: 10 },
  { kind: 'slowBody', count: 20, perSecond: 10 },
  { kind: 'slowReader', count: 40, perSecond: 10, roomSize: 10, everyMs: 1_000, bytes: 16_000, staysMs: [20_000, 40_000] },
  { kind: 'badToken', count: 5, perSecond: 5, staysMs: [500, 1_500] }
]
const PEOPLE = 100
const MAX_MEMORY_RATIO = 1.1
/** Sessions of those who have gone stay for a minute: until then it has to grow. */
const WARM_UP_MS = 120_000
const MB = 1e6

const { minutes, output } = readOptions()

function readOptions () {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, output: { type: 'string', default: 'soak.svg' } } })
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) throw new Error(`--minutes has to be a number above 0, got ${values.minutes}`)
  return { minutes, output: values.output }
}

function lineOf (minute, { rss, held, sessions, lateMax }, { p50, p99, lost }, seen) {
  return `${String(minute).padStart(4)} min  ${Math.round(rss / MB)} MB, ${Math.round(held / MB)} of them heap and buffers; ${sessions} sessions; event loop at most ${lateMax.toFixed(0)} ms late; ` +
    `answers ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${lost} lost; ${seen.heard} chats heard over ${seen.cut} cuts, ${seen.outOfOrder} out of order`
}

async function soak (server, good, people, attacker) {
  await people.ask('begin', { count: PEOPLE })
  for (const attack of STRANGERS) await attacker.ask('begin', attack)
  console.log(`warming up for ${WARM_UP_MS / 60_000} minutes`)
  await sleep(WARM_UP_MS)
  const before = await memoryOf(server, good)
  const recorder = new Recorder(server, good)
  let lost = 0
  for (let minute = 1; minute <= Math.ceil(minutes); minute++) {
    await sleep(Math.min(1, minutes - minute + 1) * 60_000)
    const stretch = await good.ask('endStretch')
    lost += stretch.lost
    console.log(lineOf(minute, recorder.samples.at(-1), stretch, await people.ask('seen')))
    await writeFile(output, pictureOf({ title: `A soak of ${minutes} minutes`, samples: recorder.samples, marks: [], xUnit: 'min' }))
  }
  recorder.end()
  return { before, after: await memoryOf(server, good), seen: await people.ask('seen'), counts: await attacker.ask('counts'), lost }
}

function judge ({ before, after, seen, counts, lost }) {
  const ratio = after.held / before.held
  const thrownOut = counts.reduce((sum, one) => sum + one.thrownOut + one.refused, 0)
  console.log(`
heap and buffers   ${(before.held / MB).toFixed(1)} MB after the warm-up, ${(after.held / MB).toFixed(1)} MB at the end: ${ratio.toFixed(2)} × (at most ${MAX_MEMORY_RATIO})
process            ${(before.rss / MB).toFixed(0)} MB and ${(after.rss / MB).toFixed(0)} MB
answers lost       ${lost}
people             ${seen.comers} came, heard ${seen.heard} chats over ${seen.cut} cut connections: ${seen.outOfOrder} lost, twice or out of order; ${seen.resets} resets, ${seen.failures} failures
strangers          ${counts.reduce((sum, { opened }) => sum + opened, 0)} connections, ${thrownOut} thrown out
plot               ${output}`)
  return ratio <= MAX_MEMORY_RATIO && lost + seen.outOfOrder + seen.resets + seen.failures === 0
}

const isWell = judge(await withServed(['good', 'people', 'attacker'], soak))
process.exitCode = isWell ? 0 : 1
