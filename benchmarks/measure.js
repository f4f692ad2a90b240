import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad, startServer } from './processes.js'

/** So many answers until a server's code is compiled; who is slow gets no more than so long. */
const WARM_UP_ANSWERS = 10_000
const MAX_WARM_UP_MS = 2_000
const LOOK_EVERY_MS = 100

/**
 * One server under one load.
 * @param plan `server` and `load` are names of files; `job` is what the load is told
 * @returns answers per second, what each cost the server's process, and how busy both were
 */
export async function measure ({ server, load, job }, { secret, seconds, warmUpSeconds }) {
  const service = await startServer(server, { BENCH_SECRET: secret })
  try {
    const client = await startLoad(load, { ...job, port: service.ready.port })
    try {
      await warmUp(client, warmUpSeconds)
      return await between(service, client, seconds)
    } finally {
      await client.stop()
    }
  } finally {
    await service.stop()
  }
}

async function warmUp (client, seconds) {
  const startedAt = performance.now()
  await sleep(seconds * 1_000)
  while (performance.now() - startedAt < MAX_WARM_UP_MS && (await client.read()).answers < WARM_UP_ANSWERS) await sleep(LOOK_EVERY_MS)
}

async function between (service, client, seconds) {
  const both = () => Promise.all([client.read(), service.read()])
  const [clientBefore, serviceBefore] = await both()
  await sleep(seconds * 1_000)
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
