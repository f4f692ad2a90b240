import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import type { MseOptions } from './options.ts'

/** What a page of another origin may read of an answer. */
const EXPOSED = ['Mse-Session', 'Mse-Epoch', 'Mse-Received', 'Mse-Replayed', 'Preference-Applied', 'Retry-After', 'WWW-Authenticate']
/** What it may send. */
const ALLOWED = ['Authorization', 'Content-Type', 'Last-Event-ID', 'Mse-Ack', 'Mse-Seq', 'Mse-Session', 'Prefer']
/** How long a browser may remember a preflight. */
const MAX_AGE_S = 600

/** Answers the preflights of pages on the allowed origins. Without such origins no page needs any; an app that has CORS of its own keeps it. */
export async function allowOrigins (context: FastifyInstance, { allowedOrigins = [], dangerouslyAllowAnyOrigin = false }: MseOptions): Promise<void> {
  if (allowedOrigins.length === 0 && !dangerouslyAllowAnyOrigin) return
  if (context.hasRequestDecorator('corsPreflightEnabled')) return exposeHeaders(context)
  await context.register(fastifyCors, {
    // A list even for one origin: a plain string would be sent to every page, and `*` would go to all.
    origin: dangerouslyAllowAnyOrigin ? true : [...allowedOrigins],
    methods: ['GET', 'POST', 'DELETE'],
    allowedHeaders: ALLOWED,
    exposedHeaders: EXPOSED,
    maxAge: MAX_AGE_S
  })
}

/** The app's own CORS does not know our headers. */
function exposeHeaders (context: FastifyInstance): void {
  context.addHook('onRequest', async (_request, reply) => { reply.header('access-control-expose-headers', EXPOSED.join(', ')) })
}
