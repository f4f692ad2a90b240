import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { MseServer } from '../lib/core/server.ts'
import { encodeError } from '../lib/protocol/codec.ts'
import { unavailable } from '../lib/protocol/errors.ts'
import { OpenConnections } from './open-connections.ts'
import { type MseOptions, connectionLimitsOf } from './options.ts'
import { requestCheck } from './origin.ts'

/** After so many seconds a client may come back: a server that goes down has a successor by then. */
export const RETRY_S = { draining: 2, connections: 5 } as const

/** Whoever keeps coming is not worth a line each time. */
const WARN_EVERY_MS = 60_000

/** Turns requests away before a transport sees them: while draining and above the limits of connections 503, a foreign origin or host 403. */
export function guardRequests (app: FastifyInstance, server: MseServer, options: MseOptions): void {
  const check = requestCheck(app, options)
  const connections = new OpenConnections(connectionLimitsOf(options))
  const warn = warning(server)
  // With a callback: a promise would cost every request its microtasks.
  app.addHook('onRequest', (request, reply, next) => {
    if (server.isClosing) return turnAway(server, 'draining', request, reply)
    const refusal = check(request)
    if (refusal !== null) {
      server.emit('rejected', { cause: refusal, address: addressOf(request) })
      request.log.warn({ [refusal]: String(request.headers[refusal]).slice(0, 256) }, `the ${refusal} is not allowed: see the options allowedOrigins and allowedHosts`)
      reply.code(403).send()
      return
    }
    // The others are soon over: they have a time limit, and a rate.
    if (request.method !== 'GET' || connections.admit(request, reply)) return next()
    warn(request)
    turnAway(server, 'connections', request, reply)
  })
}

/** The body is not read any more, so its id is not known. */
function turnAway (server: MseServer, cause: keyof typeof RETRY_S, request: FastifyRequest, reply: FastifyReply): void {
  server.emit('rejected', { cause, address: addressOf(request) })
  reply.code(503).header('retry-after', RETRY_S[cause])
  if (request.method === 'POST') reply.type('application/json').send(encodeError(null, unavailable(RETRY_S[cause] * 1_000)))
  else reply.send()
}

function warning (server: MseServer): (request: FastifyRequest) => void {
  let silentUntil = 0
  return (request) => {
    if (server.clock.now() < silentUntil) return
    silentUntil = server.clock.now() + WARN_EVERY_MS
    request.log.warn({ address: addressOf(request) }, 'too many connections: see the options maxConnections and maxConnectionsPerAddress; behind a proxy set trustProxy')
  }
}

/** An injected request has no address. */
function addressOf (request: FastifyRequest): string {
  return request.ip ?? ''
}
