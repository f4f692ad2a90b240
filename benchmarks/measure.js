import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad, startServer } from './processes.js'
import { median } from './statistics.js'

/** So many answers until a server's code is compiled; who is slow gets no more than so long. */
const WARM_UP_ANSWERS = 10_000
const MAX_WARM_UP_MS = 2_000
const LOOK_EVERY_MS = 100

/** What is measured by turns: so many turns of each, each so long after a little running-in. */
const TURNS = 6
const TURN_MS = 400
const RUN_IN_MS = 100

/**
 * One server under one load.
 * @param plan `server` and `load` are names of files; `job` is what the load is told
 * @returns answers per second, what each cost the server's process, and how busy both were
 */
export async function measure (plan, context) {
  return withOpen([plan], context, ([open]) => between(open, context.seconds * 1_000))
}

/**
 * Several servers that are compared closely, each under its own load: all are there, and one after the other has its turn, again and again. What the machine does
 * beside them, it does to all of them alike.
 * @param plans as for `measure`
 * @returns for each plan what `measure` returns, the medians of its turns
 */
export async function measureByTurns (plans, context) {
  return withOpen(plans, context, async (all) => {
    const turns = all.map(() => [])
    for (let turn = 0; turn < (context.quick ? 2 : TURNS); turn++) {
      for (const [index, open] of all.entries()) turns[index].push(await during(open))
    }
    return turns.map(mediansOf)
  })
}

/** Opens a server and a load for each plan, and ends them. With several, the loads are still when `task` has them. */
async function withOpen (plans, context, task, opened = []) {
  if (opened.length === plans.length) return task(opened)
  const { server, load, job } = plans[opened.length]
  const service = await startServer(server, { BENCH_SECRET: context.secret })
  try {
    const client = await startLoad(load, { ...job, port: service.ready.port })
    try {
      await warmUp(client, context.warmUpSeconds)
      if (plans.length > 1) client.pause()
      return await withOpen(plans, context, task, [...opened, { service, client }])
    } finally {
      client.resume()
      await client.stop()
    }
  } finally {
    await service.stop()
  }
}

/** One turn. */
async function during (open) {
  open.client.resume()
  await sleep(RUN_IN_MS)
  const result = await between(open, TURN_MS)
  open.client.pause()
  return result
}

function mediansOf (results) {
  return Object.fromEntries(Object.keys(results[0]).map((key) => [key, median(results.map((result) => result[key]))]))
}

async function warmUp (client, seconds) {
  const startedAt = performance.now()
  await sleep(seconds * 1_000)
  while (performance.now() - startedAt < MAX_WARM_UP_MS && (await client.read()).answers < WARM_UP_ANSWERS) await sleep(LOOK_EVERY_MS)
}

async function between ({ service, client }, ms) {
  const both = () => Promise.all([client.read(), service.read()])
  const [clientBefore, serviceBefore] = await both()
  await sleep(ms)
  const [clientAfter, serviceAfter] = await both()
  const answers = clientAfter.answers - clientBefore.answers
  if (answers === 0) throw new Error('no answer in the measured time')
  return {
    perSecond: answers * 1_000 / (clientAfter.atMs - clientBefore.atMs),
    cpuMicrosPerAnswer: (serviceAfter.cpuMicros - serviceBefore.cpuMicros) / answers,
    serverBusy: busyBetween(serviceBefore, serviceAfter),
    loadBusy: busyBetween(clientBefore, clientAfter)
  }
}

/**
 * The share of its core that a process had. The server below 1 and the load at 1: the load was the narrow place, and the rate says less than the cost. Both
 * below 1: others had the machine.
 */
function busyBetween (before, after) {
  return (after.cpuMicros - before.cpuMicros) / 1_000 / (after.atMs - before.atMs)
}
