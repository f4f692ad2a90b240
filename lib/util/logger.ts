/** The part of pino (and so of Fastify's logger) that is used here. */
export interface Logger {
  /** What only somebody who looks for a fault wants to see. */
  debug (details: object, message: string): void
  /** What happens in the course of things. */
  info (details: object, message: string): void
  /** What should not be, and was coped with. */
  warn (details: object, message: string): void
  /** What failed; `details.err` is the cause. */
  error (details: object, message: string): void
}

const ignore = (): void => {}

/** For callers that bring no logger. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

/** Logs an error that somebody else has made: its own getters may throw, or those of a proxy, when a logger reads it. */
export function logFailure (log: Logger, details: { readonly err: unknown, readonly [name: string]: unknown }, message: string): void {
  try {
    log.error(details, message)
  } catch {
    log.error({ ...details, err: 'an error that cannot be read' }, message)
  }
}
