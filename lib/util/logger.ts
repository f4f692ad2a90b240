/** The part of pino (and so of Fastify's logger) that is used here. */
export interface Logger {
  debug (details: object, message: string): void
  info (details: object, message: string): void
  warn (details: object, message: string): void
  error (details: object, message: string): void
}

const ignore = (): void => {}

/** For callers that bring no logger. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
