import type { FastifyBaseLogger, FastifyRequest } from 'fastify'

/** Under this key a pino logger keeps its serializers (`pino.symbols.serializersSym`). */
const SERIALIZERS = Symbol.for('pino.serializers')

/** Fastify's type says that it makes a string; its own makes an object. */
type Serialize = (request: FastifyRequest) => string

/** Keeps the query out of the app's request log, where a ticket would stand; all else is as the app logs it. */
export function withoutQuery (log: FastifyBaseLogger): Record<string, Serialize> {
  const own = (Reflect.get(log, SERIALIZERS) as Record<string, Serialize> | undefined)?.req
  return {
    req (request) {
      const shown: unknown = own === undefined ? { method: request.method, url: request.url, remoteAddress: request.ip } : own(request)
      if (typeof shown !== 'object' || shown === null || !('url' in shown)) return shown as string
      return { ...shown, url: String(shown.url).replace(/\?.*/s, '') } as unknown as string
    }
  }
}
