import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { type HttpFace, type PostRequest, bearerOf } from '../lib/core/http-face.ts'
import { closeReason } from '../lib/protocol/close-codes.ts'
import { sendAnswer, sendSafely } from './http-answer.ts'
import { bodyReader } from './body-reader.ts'
import type { LongBodies } from './long-bodies.ts'

/** JSON by either name, in UTF-8 and in nothing else; `text/plain` would need no preflight from a foreign page. */
const CONTENT_TYPE = /^application\/json(?:-rpc)?(?:;[ \t]*charset="?utf-8"?)?$/i

/** What the plugin takes. */
export interface HttpOptions {
  readonly face: HttpFace
  readonly path: string
  readonly maxMessageBytes: number
  readonly longBodies: LongBodies
}

/** Calls over POST and the end over DELETE, with parsers of their own. */
export async function httpTransport (app: FastifyInstance, { face, path, maxMessageBytes, longBodies }: HttpOptions): Promise<void> {
  app.removeAllContentTypeParsers()
  // By its usual name too: Fastify finds that one without taking the header apart.
  app.addContentTypeParser(['application/json', '*'], bodyReader(maxMessageBytes, longBodies))
  app.post(path, { onRequest: refuseForeignBody }, (request, reply) => {
    const answer = face.post(postOf(request))
    if (answer instanceof Promise) return answer.then((late) => sendAnswer(reply, late))
    // The requests of all reads of this turn first, then all answers: each kind of work at a time costs a fifth less than by turns. An immediate for each,
    // so that the app's hooks run in the context of their own request.
    setImmediate(sendSafely, reply, answer)
    return undefined
  })
  app.delete(path, async (request, reply) => {
    const found = await face.find(single(request.headers['mse-session']), bearerOf(request.headers.authorization), request.ip)
    if ('refusal' in found) return sendAnswer(reply, found.refusal)
    found.session.end(closeReason('ended'))
    return reply.code(204).send()
  })
  // With CORS the preflights have a route already.
  const others: HTTPMethods[] = app.hasRequestDecorator('corsPreflightEnabled') ? ['PUT', 'PATCH', 'HEAD'] : ['PUT', 'PATCH', 'HEAD', 'OPTIONS']
  app.route({ method: others, url: path, handler: methodNotAllowed })
}

/** With a callback: a promise would cost every request its microtasks. */
function refuseForeignBody (request: FastifyRequest, reply: FastifyReply, next: () => void): void {
  const { 'content-type': type = '', 'content-encoding': encoding, accept = '*/*' } = request.headers
  if ((type !== 'application/json' && !CONTENT_TYPE.test(type)) || (encoding !== undefined && encoding !== 'identity')) reply.code(415).send()
  else if (accept !== '*/*' && !/application\/(?:json|\*)|\*\/\*/i.test(accept)) reply.code(406).send()
  else next()
}

function methodNotAllowed (_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(405).header('allow', 'GET, POST, DELETE').send()
}

function postOf (request: FastifyRequest): PostRequest {
  const { headers } = request
  return {
    body: request.body instanceof Uint8Array ? request.body : new Uint8Array(),
    address: request.ip,
    session: single(headers['mse-session']),
    seq: single(headers['mse-seq']),
    ack: single(headers['mse-ack']),
    bearer: bearerOf(headers.authorization),
    respondAsync: headers.prefer !== undefined && /(?:^|,)\s*respond-async\b/i.test(single(headers.prefer) ?? '')
  }
}

function single (header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
