import type { FastifyInstance } from 'fastify'
import type { MseServer } from '../lib/core/server.ts'
import { encodeError } from '../lib/protocol/codec.ts'
import { unavailable } from '../lib/protocol/errors.ts'
import type { MseOptions } from './options.ts'
import { requestCheck } from './origin.ts'

/** After so many seconds a client may come back to a server that is going down: its successor should be there. */
export const RETRY_DRAINING_S = 2

/** The body is not read any more, so its id is not known. */
const DRAINING = encodeError(null, unavailable(RETRY_DRAINING_S * 1_000))

/** Turns requests away before a transport sees them: while draining 503, a foreign origin or host 403. */
export function guardRequests (app: FastifyInstance, server: MseServer, options: MseOptions): void {
  const check = requestCheck(app, options)
  // With a callback: a promise would cost every request its microtasks.
  app.addHook('onRequest', (request, reply, next) => {
    // An injected request has no address.
    const address = request.ip ?? ''
    if (server.isClosing) {
      server.emit('rejected', { cause: 'draining', address })
      reply.code(503).header('retry-after', RETRY_DRAINING_S)
      if (request.method === 'POST') reply.type('application/json').send(DRAINING)
      else reply.send()
      return
    }
    const refusal = check(request)
    if (refusal === null) return next()
    server.emit('rejected', { cause: refusal, address })
    request.log.warn({ [refusal]: String(request.headers[refusal]).slice(0, 256) }, `the ${refusal} is not allowed: see the options allowedOrigins and allowedHosts`)
    reply.code(403).send()
  })
}
