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
