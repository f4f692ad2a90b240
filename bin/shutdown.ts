import type { FastifyInstance } from 'fastify'
import { systemClock } from '../lib/util/clock.ts'

/** The rest of the time is for the process to end. */
const SHARE_OF_STRAGGLERS = 0.9

/**
 * Ends a server within `drainTimeoutMs`. The sessions first, while probes are still answered and new clients told to come back; then the
 * server, which waits for the requests under way. Whoever holds a request up until the time is nearly over loses the connection.
 */
export async function shutDown (app: FastifyInstance, drainTimeoutMs: number): Promise<void> {
  const cutAt = systemClock.now() + drainTimeoutMs * SHARE_OF_STRAGGLERS
  await app.mse.close()
  const cut = systemClock.after(Math.max(0, cutAt - systemClock.now()), () => {
    app.log.warn('requests are not done yet: their connections are closed')
    app.server.closeAllConnections()
  })
  await app.close()
  cut.cancel()
}

/**
 * The first SIGTERM or SIGINT shuts down, and the process ends with 0; with 1 when that fails, or takes longer than it may. A second one
 * is for those who cannot wait: the process ends at once, as shells write it, with 128 and the signal's number.
 */
export function shutDownOnSignals (app: FastifyInstance, drainTimeoutMs: number): void {
  let isClosing = false
  const fail = (error: unknown): void => {
    app.log.error({ err: error }, 'closing failed')
    process.exit(1)
  }
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (isClosing) process.exit(signal === 'SIGINT' ? 130 : 143)
    isClosing = true
    systemClock.after(drainTimeoutMs, () => fail(new Error(`it took longer than ${drainTimeoutMs} ms`)))
    shutDown(app, drainTimeoutMs).then(() => process.exit(0), fail)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
