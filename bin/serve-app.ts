import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { MediaEngine } from '../lib/media/engine.ts'
import { mse } from '../plugins/mse.ts'
import { developmentPage } from './development-page.ts'
import { isLoopbackAddress } from './loopback-address.ts'
import type { ServeSettings } from './serve-settings.ts'
import { limitSockets } from './socket-limits.ts'
import { UsageError } from './usage-error.ts'

/**
 * Node's defaults let half a request wait for minutes. Headers have to be there within 3 s, from the moment of connecting on, a
 * whole request within 5 s. It looks often, so that those who came together are not all closed in one turn: of 500 slow ones a second
 * good clients noticed 1.2 ms (p99) with 20 ms, and 3.3 ms with 100.
 */
export const HTTP_TIMES = { requestTimeout: 5_000, http: { headersTimeout: 3_000, connectionsCheckingInterval: 20 } } as const

/** More than the plugin's `maxConnections`, so that there is room to say 503. */
export const MAX_SOCKETS = 18_000
/** More than its `maxConnectionsPerAddress`, likewise. */
export const MAX_SOCKETS_PER_NETWORK = 1_500

/** The server that `mse serve` runs, ready to listen. */
export async function serveApp (settings: ServeSettings): Promise<FastifyInstance> {
  const { environment, secret, path, host, logLevel, allowedOrigins, allowedHosts, messagesPerSecond, drainTimeoutMs, trustedProxies } = settings
  const production = environment === 'production'
  const app = Fastify({
    // In development stdout is for people.
    logger: { level: logLevel, stream: production ? process.stdout : process.stderr },
    // In production a proxy on the same machine is expected; whom else to believe has to be said.
    trustProxy: trustedProxies ?? (production ? isLoopbackAddress : false),
    ...HTTP_TIMES
  })
  limitSockets(app.server, { maxSockets: MAX_SOCKETS, maxSocketsPerNetwork: trustedProxies === undefined ? MAX_SOCKETS_PER_NETWORK : undefined })
  const engine = await engineOf(settings)
  await app.register(mse, {
    // What is weak for production is warned of here, in `serve`.
    jwt: { secret, dangerouslyAllowWeakKey: !production },
    environment,
    path,
    drainTimeoutMs,
    ...(engine === undefined ? {} : { engine }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
    ...(messagesPerSecond === undefined ? {} : { messagesPerSecond, messageBurst: messagesPerSecond * 2 })
  })
  if (!production) await app.register(developmentPage, { secret, path, host })
  return app
}

/** Imported on demand: the engine is an optional dependency, and takes a second to load. */
async function engineOf ({ engine, maxStreams }: ServeSettings): Promise<MediaEngine | undefined> {
  if (engine === 'none') return undefined
  const { weriftEngine } = await import('../lib/media/werift/index.ts').catch(explainMissing)
  return weriftEngine(maxStreams === undefined ? {} : { maxStreams })
}

function explainMissing (error: unknown): never {
  const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  throw missing ? new UsageError('the engine is not installed: npm install werift, or choose --engine none') : error
}
