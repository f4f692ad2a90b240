// The other end of processes.js: a program that is asked for things over the pipe to its parent.
import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { writeHeapSnapshot } from 'node:v8'

const profiler = new Session()

/** What the parent has set for this process. */
export const settings = JSON.parse(process.env.BENCH_SETTINGS ?? '{}')

/** Answers each command with what the function of its name returns. */
export function answerCommands (commands) {
  process.on('message', async ({ id, command, args }) => {
    try {
      process.send({ id, result: await commands[command](args) })
    } catch (error) {
      process.send({ id, error: error?.stack ?? String(error) })
    }
  })
  // The parent is gone: nobody asks any more.
  process.on('disconnect', () => process.exit())
}

/** What every server can be asked for. */
export const measurements = {
  /** Microseconds of CPU, of this process in all its threads since its start. */
  cpu () {
    const { user, system } = process.cpuUsage()
    return user + system
  },

  /** Bytes that are held after a full garbage collection. */
  async memory () {
    // Finalizers and closed handles let go of more in their own turns.
    for (let times = 0; times < 3; times++) {
      globalThis.gc()
      await nextTurn()
    }
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, held: heapUsed + external }
  },

  /** For whoever wants to know what holds it. */
  snapshot: ({ file }) => writeHeapSnapshot(file),

  /** For whoever wants to know where the time goes: starts, or ends with a file for the developer tools. */
  async profile ({ file }) {
    if (file === undefined) {
      profiler.connect()
      await profiler.post('Profiler.enable')
      await profiler.post('Profiler.start')
      return
    }
    const { profile } = await profiler.post('Profiler.stop')
    await writeFile(file, JSON.stringify(profile))
  }
}
