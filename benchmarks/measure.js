import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad, startServer } from './processes.js'

/**
 * One server under one load.
 * @param plan `server` and `load` are names of files; `job` is what the load is told
 * @returns answers per second, and what each cost the server's process
 */
export async function measure ({ server, load, job }, { secret, seconds, warmUpSeconds }) {
  const service = await startServer(server, { BENCH_SECRET: secret })
  try {
    const client = await startLoad(load, { ...job, port: service.ready.port })
    try {
      await sleep(warmUpSeconds * 1_000)
      return await between(service, client, seconds)
    } finally {
      await client.stop()
    }
  } finally {
    await service.stop()
  }
}

async function between (service, client, seconds) {
  const both = () => Promise.all([client.read(), service.read()])
  const [clientBefore, serviceBefore] = await both()
  await sleep(seconds * 1_000)
  const [clientAfter, serviceAfter] = await both()
  const answers = clientAfter.answers - clientBefore.answers
  if (answers === 0) throw new Error('no answer in the measured time')
  const cpuMicros = serviceAfter.cpuMicros - serviceBefore.cpuMicros
  return {
    perSecond: answers * 1_000 / (clientAfter.atMs - clientBefore.atMs),
    cpuMicrosPerAnswer: cpuMicros / answers,
    // Well below 1: the load was the narrow place, and the rate says less than the cost.
    serverLoad: cpuMicros / 1_000 / (serviceAfter.atMs - serviceBefore.atMs)
  }
}
