/** An app whose log is read as what it is: bytes, and lines of them. */
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { MseOptions } from '../../index.ts'
import { type AppOptions, startApp } from '../helpers/websocket-client.ts'

/** A log, and the app that writes it. */
export interface LoggedApp {
  readonly app: FastifyInstance
  /** What was written so far, one entry for each write. */
  readonly writes: readonly string[]
  /** The lines with this message. */
  said (message: string): Array<Record<string, unknown>>
}

/** Starts an app that logs everything, down to the last trace. */
export async function startLogged (t: Test, options: MseOptions = {}, appOptions: AppOptions = {}): Promise<LoggedApp> {
  const writes: string[] = []
  const logger = { level: 'trace', stream: { write: (line: string) => { writes.push(line) } } }
  const app = await startApp(t, { drainTimeoutMs: 0, ...options }, { ...appOptions, fastify: { logger, forceCloseConnections: true, ...appOptions.fastify } })
  const said = (message: string): Array<Record<string, unknown>> =>
    writes.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === message)
  return { app, writes, said }
}
