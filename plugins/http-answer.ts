import type { FastifyInstance, FastifyReply } from 'fastify'
import type { HttpAnswer } from '../lib/core/http-face.ts'
import { encodeError } from '../lib/protocol/codec.ts'
import { unavailable } from '../lib/protocol/errors.ts'
import { LongBodiesError } from './long-bodies.ts'
import { endInOneWrite } from './one-write.ts'

/** Bodies are under way for seconds at the most. */
const RETRY_S = 1

/** A ready text goes out as it is: Fastify would otherwise look for a schema. */
export function sendAnswer (reply: FastifyReply, { status, headers, body }: HttpAnswer): FastifyReply {
  endInOneWrite(reply.raw)
  reply.code(status).headers(headers)
  if (body !== '') reply.type('application/json; charset=utf-8')
  return reply.send(body)
}

/** As {@link sendAnswer}, for where nobody catches: what the app's hooks have put into the reply may be nothing that can be sent. */
export function sendSafely (reply: FastifyReply, answer: HttpAnswer): void {
  try {
    sendAnswer(reply, answer)
  } catch (error) {
    reply.send(error)
  }
}

/** What the app's hooks throw, or Fastify refuses, is answered with its status and nothing else: the text stays in the log. */
export function hideErrors (app: FastifyInstance): void {
  app.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    if (error instanceof LongBodiesError) return turnAway(reply)
    const status = error.statusCode ?? 500
    if (status >= 500) request.log.error({ err: error }, 'a request failed')
    return reply.code(status).send()
  })
}

/** The body is not read any more, so its id is not known. */
function turnAway (reply: FastifyReply): FastifyReply {
  return reply.code(503).header('retry-after', RETRY_S).type('application/json').send(encodeError(null, unavailable(RETRY_S * 1_000)))
}
