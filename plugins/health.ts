import type { FastifyInstance, FastifyReply, RouteOptions } from 'fastify'
import type { MseServer } from '../lib/core/server.ts'
import type { HostedEngine } from './engine.ts'
import { RETRY_S } from './guard.ts'

/** What {@link healthRoutes} takes. */
export interface HealthOptions {
  readonly server: MseServer
  readonly engine: HostedEngine | null
}

/** Why nobody should be sent here now. */
interface Unready {
  readonly reason: 'draining' | 'engine'
  readonly retryAfterS: number
}

/**
 * Two questions of load balancers and orchestrators: does the process run (`health`: restart it otherwise), and should new clients be
 * sent to it (`ready`)? The answers are in the form of draft-inadarei-api-health-check.
 *
 * Neither Host nor Origin is checked, unlike on the endpoint itself: a probe names an address, or whatever its configuration says. A page
 * that rebinds its name gets one word, of which it learns no more than that there is a server.
 */
export async function healthRoutes (context: FastifyInstance, { server, engine }: HealthOptions): Promise<void> {
  // A probe every second is not worth two lines of the log.
  const route: Pick<RouteOptions, 'method' | 'logLevel'> = { method: ['GET', 'HEAD'], logLevel: 'warn' }
  context.route({ ...route, url: '/health', handler: async (_request, reply) => answer(reply, null) })
  context.route({ ...route, url: '/ready', handler: async (_request, reply) => answer(reply, unready(server, engine)) })
}

function unready (server: MseServer, engine: HostedEngine | null): Unready | null {
  if (server.isClosing) return { reason: 'draining', retryAfterS: RETRY_S.draining }
  const downForMs = engine?.downForMs ?? 0
  return downForMs === 0 ? null : { reason: 'engine', retryAfterS: Math.ceil(downForMs / 1_000) }
}

function answer (reply: FastifyReply, problem: Unready | null): FastifyReply {
  reply.type('application/health+json').header('cache-control', 'no-store')
  if (problem === null) return reply.send('{"status":"pass"}')
  return reply.code(503).header('retry-after', problem.retryAfterS).send(JSON.stringify({ status: 'fail', output: problem.reason }))
}
