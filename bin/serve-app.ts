import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { MediaEngine } from '../lib/media/engine.ts'
import { mse } from '../plugins/mse.ts'
import { developmentPage } from './development-page.ts'
import type { ServeSettings } from './serve-settings.ts'
import { UsageError } from './usage-error.ts'

/** The server that `mse serve` runs, ready to listen. */
export async function serveApp (settings: ServeSettings): Promise<FastifyInstance> {
  const { environment, secret, path, host, logLevel, allowedOrigins, allowedHosts, messagesPerSecond, drainTimeoutMs } = settings
  const production = environment === 'production'
  const app = Fastify({
    // In development stdout is for people.
    logger: { level: logLevel, stream: production ? process.stdout : process.stderr },
    // Node's defaults let half a request wait for minutes.
    requestTimeout: 6_000,
    http: { headersTimeout: 3_000, connectionsCheckingInterval: 1_000 }
  })
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
