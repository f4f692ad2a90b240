// `mse serve` in production, as anybody runs it, in a process that can be asked how it is.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { serve } from '../../dist/bin/serve.js'
import { answerCommands, measurements, settings } from '../state/commands.js'

// All other variables are somebody's who does not measure.
const env = { MSE_SECRET: settings.secret, NODE_OPTIONS: process.env.NODE_OPTIONS }
const app = await serve(['--env', 'production', '--host', '127.0.0.1', '--port', '0', ...settings.flags], env)

/** Milliseconds between two looks at the event loop; they are in every delay that is told. */
const RESOLUTION_MS = 5
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()
const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)

answerCommands({
  ...measurements,
  port: () => app.server.address().port,

  /** How the process is, and how late its event loop was since it was asked last, in milliseconds. */
  async vitals () {
    const { rss, heapUsed, external } = process.memoryUsage()
    const told = { rss, held: heapUsed + external, sessions: app.mse.sessions.size, sockets: await sockets(), lateP99: late(delays.percentile(99)), lateMax: late(delays.max) }
    delays.reset()
    return told
  }
})

/** Open ones, those included that have not said anything yet. */
function sockets () {
  return new Promise((resolve, reject) => app.server.getConnections((error, count) => error === null ? resolve(count) : reject(error)))
}
