import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { arrangeCollections } from './collections.ts'
import { growFileTable } from './file-table.ts'
import { lowerHelperThreads } from './helper-threads.ts'
import { shutDownOnSignals } from './shutdown.ts'
import { welcome } from './welcome.ts'
import { serveSettings } from './serve-settings.ts'
import type { ServeSettings } from './serve-settings.ts'
import { UsageError } from './usage-error.ts'

/** Starts a server and says on stdout where it is; returns it when it listens. It ends with SIGTERM or SIGINT. */
export async function serve (argv: readonly string[], env: NodeJS.ProcessEnv): Promise<FastifyInstance> {
  arrangeCollections(process.execArgv, env['NODE_OPTIONS'])
  const settings = serveSettings(argv, env)
  // In development one person comes, who waits for the start.
  if (settings.environment === 'production') {
    growFileTable()
    lowerHelperThreads()
  }
  const app = await explained(settings, async () => {
    // Imported when the flags are known to be good: the server takes a moment to load.
    const { serveApp } = await import('./serve-app.ts')
    const app = await serveApp(settings)
    // Before it says that it listens: who hears that may send a signal at once.
    shutDownOnSignals(app, settings.drainTimeoutMs)
    await app.listen({ port: settings.port, host: settings.host })
    return app
  })
  if (settings.environment === 'production') return app
  const { port } = app.server.address() as AddressInfo
  process.stdout.write(welcome(settings, port, process.argv[1] ?? 'mse'))
  for (const warning of warnings(settings)) process.stderr.write(`mse: ${warning}\n`)
  return app
}

/** What the operator can mend is told in one line. */
async function explained<T> ({ host, port }: ServeSettings, starting: () => Promise<T>): Promise<T> {
  try {
    return await starting()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EADDRINUSE') throw new UsageError(`port ${port} on ${host} is taken: choose another with --port, or 0 for a free one`)
    if (code === 'EACCES') throw new UsageError(`port ${port} on ${host} needs privileges: choose one above 1023`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') throw new UsageError(`--host ${host} is no address of this machine`)
    if (error instanceof Error && (code.startsWith('MSE_ERR_') || error instanceof RangeError)) throw new UsageError(error.message)
    throw error
  }
}

function * warnings ({ host, secret }: ServeSettings): Generator<string> {
  if (Buffer.byteLength(secret) < 32) yield 'the secret is shorter than 32 bytes: production will refuse it'
  if (!/^(localhost|::1|127\..*)$/.test(host)) yield `everybody who reaches ${host} gets tokens from a development server`
}
