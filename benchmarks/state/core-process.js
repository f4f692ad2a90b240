// Answers messages in a loop, without sockets, and measures itself.
import { PerformanceObserver } from 'node:perf_hooks'
import { answerCommands, settings } from './commands.js'
import { CORE_SUBJECTS } from './core-subjects.js'
import { median } from './statistics.js'

const STRETCHES = settings.quick ? 3 : 7
const CALLS = settings.quick ? 30_000 : 100_000
const WARM_UP_CALLS = 200_000
/** Few enough to fit into the semi-space, many enough to hide what measuring costs. */
const COUNTED_CALLS = 20_000

const subject = await CORE_SUBJECTS[settings.key]()

/** Subjects that answer with promises are given 50 calls at a time, as 50 connections would. */
const AT_ONCE = 50

async function answer (count) {
  if (!subject.isAsync) {
    for (let left = count; left > 0; left--) subject.call()
    return
  }
  for (let left = count; left > 0; left -= AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, () => subject.call()))
}

function cpuSeconds () {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function calls () {
  await answer(WARM_UP_CALLS)
  const rates = []
  for (let times = 0; times < STRETCHES; times++) {
    const before = cpuSeconds()
    await answer(CALLS)
    rates.push(CALLS / (cpuSeconds() - before))
  }
  return median(rates)
}

/** Calls of which not one byte is collected while they are counted: what the heap has grown by is what they allocated. */
async function bytes () {
  let collections = 0
  const observer = new PerformanceObserver((list) => { collections += list.getEntries().length })
  observer.observe({ entryTypes: ['gc'] })
  const values = []
  while (values.length < STRETCHES) {
    globalThis.gc()
    await turn()
    collections = 0
    const before = process.memoryUsage().heapUsed
    await answer(COUNTED_CALLS)
    const grown = process.memoryUsage().heapUsed - before
    await turn()
    if (collections === 0) values.push(grown / COUNTED_CALLS)
  }
  observer.disconnect()
  return median(values)
}

/** The observer is told in a later turn. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 20))

answerCommands({ calls, bytes })
