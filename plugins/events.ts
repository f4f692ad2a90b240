import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type HttpFace, bearerOf } from '../lib/core/http-face.ts'
import type { MseServer } from '../lib/core/server.ts'
import { closeReason } from '../lib/protocol/close-codes.ts'
import type { ResumeFault, Session } from '../lib/session/session.ts'
import { EventsLink } from './events-link.ts'
import { sendAnswer } from './http-answer.ts'
import { PollLink } from './poll-link.ts'

interface Query { readonly ticket?: string, readonly last?: string }

/** Where a client says it is: `<epoch>.<number>`. */
interface Position {
  readonly epoch: string
  readonly received: number
}

/** What a GET without an upgrade does: a stream of events, or a poll. */
export function downstreamFace (server: MseServer, face: HttpFace) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { ticket, last } = request.query as Query
    const id = ticket === undefined ? single(request.headers['mse-session']) : server.tickets.redeem(ticket)
    const accept = request.headers.accept ?? '*/*'
    const wantsEvents = /text\/event-stream/i.test(accept)
    if (id === undefined && ticket === undefined && !wantsEvents) return upgradeRequired(reply)
    if (!wantsEvents && !/application\/(?:json|\*)|\*\/\*/i.test(accept)) return reply.code(406).send()
    const found = await face.find(id, bearerOf(request.headers.authorization), request.ip)
    if ('refusal' in found) return sendAnswer(reply, found.refusal)
    const position = positionOf(single(request.headers['last-event-id']) ?? last)
    return wantsEvents ? stream(server, found.session, position, reply) : poll(server, found.session, position, request, reply)
  }
}

function upgradeRequired (reply: FastifyReply): FastifyReply {
  return reply.code(426).headers({ upgrade: 'websocket', connection: 'Upgrade' }).send()
}

function stream (server: MseServer, session: Session, position: Position | null, reply: FastifyReply): void {
  const { heartbeatMs } = server.limits
  const { reset, received } = settlePosition(session, position)
  const { epoch } = session.record
  const response = openStream(reply)
  const link = new EventsLink(response, server.clock, { epoch, heartbeatMs })
  link.onStuck = () => session.lose(link, closeReason('slowConsumer'))
  response.on('drain', () => session.drained(link))
  response.on('close', () => {
    link.close(closeReason('ended'))
    session.detach(link, closeReason('ended', 'the peer is gone'))
  })
  link.event('open', { resumed: reset === null && position !== null, received: session.record.inbox.received, heartbeatMs }, received)
  if (reset !== null) link.event('reset', { reason: reset })
  session.attach(link, received)
}

/** Fastify lets go of the reply; what hooks have set, CORS for one, goes along. */
function openStream (reply: FastifyReply): ServerResponse {
  reply.hijack()
  const response = reply.raw
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) response.setHeader(name, value)
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no'
  })
  flushHead(response)
  return response
}

/**
 * By itself the head, which Node keeps as long as the response, would stay the tree of strings that it was put together from: 0.4 KB a stream more.
 * It still leaves in one packet with the first events.
 */
function flushHead (response: ServerResponse): void {
  const { socket } = response
  socket?.cork()
  response.flushHeaders()
  process.nextTick(() => socket?.uncork())
}

function poll (server: MseServer, session: Session, position: Position | null, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { reset, received } = settlePosition(session, position)
  const { epoch, inbox } = session.record
  const headers = (): Record<string, string> => ({ 'cache-control': 'no-store', 'mse-received': String(inbox.received), 'mse-epoch': epoch })
  if (reset !== null) {
    session.renewWindow()
    return reply.code(200).headers(headers()).type('application/json').send(`[{"id":"${epoch}.${received}","reset":"${reset}"}]`) as unknown as Promise<unknown>
  }
  return new Promise((resolve) => {
    const timeoutMs = Math.min(server.limits.pollTimeoutMs, waitOf(request))
    const link = new PollLink(server.clock, { epoch, timeoutMs }, (body) => {
      session.detach(link, closeReason('ended', 'the poll is over'))
      const status = body === '' ? 204 : 200
      resolve(reply.code(status).headers(headers()).type('application/json').send(body === '' ? undefined : body))
    })
    request.raw.on('close', () => { if (request.raw.destroyed) link.close(closeReason('ended')) })
    session.attach(link, received)
  })
}

/** How long a poll wants to wait at the most: `Prefer: wait=<seconds>` (RFC 7240, section 4.3), in milliseconds. */
function waitOf (request: FastifyRequest): number {
  const seconds = /(?:^|[,;\s])wait=(\d{1,6})\b/i.exec(single(request.headers.prefer) ?? '')?.[1]
  return seconds === undefined ? Infinity : Number(seconds) * 1_000
}

/**
 * Where the client goes on. One that cannot be given all that it missed goes on at what is still kept, and is told so. Nothing else
 * changes: the request may be an old one that a proxy held back, and its client may be well served elsewhere.
 */
function settlePosition (session: Session, position: Position | null): { reset: ResumeFault | null, received: number } {
  const { epoch, received } = position ?? { epoch: session.record.epoch, received: 0 }
  const reset = session.resumeFault(epoch, received)
  return { reset, received: reset === null ? received : session.record.outbox.dropped }
}

/** @returns null when there is none; one that cannot be is a gap, as it cannot be honoured */
function positionOf (text: string | undefined): Position | null {
  if (text === undefined || text === '') return null
  const [, epoch = '', number = '-1'] = /^([\w-]{1,16})\.(\d{1,15})$/.exec(text) ?? []
  return { epoch, received: Number(number) }
}

function single (header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
