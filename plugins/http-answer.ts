import type { FastifyReply } from 'fastify'
import type { HttpAnswer } from '../lib/core/http-face.ts'

/** A ready text goes out as it is: Fastify would otherwise look for a schema. */
export function sendAnswer (reply: FastifyReply, { status, headers, body }: HttpAnswer): FastifyReply {
  reply.code(status).headers(headers)
  if (body !== '') reply.type('application/json; charset=utf-8')
  return reply.send(body)
}
