import type { IncomingMessage } from 'node:http'
import { EventEmitter } from 'node:events'
import fastifyWebsocket from '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RawData, WebSocket } from 'ws'
import type { MseServer } from '../lib/core/server.ts'
import { closeReason } from '../lib/protocol/close-codes.ts'
import { startHeartbeat } from './heartbeat.ts'
import { type MseOptions, timesOf } from './options.ts'
import { WebSocketLink } from './websocket-link.ts'

/** The plain MSE 1.0 protocol; also when a client names none. */
export const SUBPROTOCOL = 'mse.v1'

/** What the transport's plugin takes. */
export interface WebSocketOptions {
  readonly server: MseServer
  readonly options: MseOptions
  readonly path: string
  /** The sockets that are open, as promises of their end. */
  readonly sockets: Set<Promise<void>>
}

/** HTTP servers whose upgrades a copy of @fastify/websocket that we registered handles. */
const upgrading = new WeakSet<object>()

/** Uses the host's @fastify/websocket, or brings it. */
export async function provideWebsocket (app: FastifyInstance, options: MseOptions, maxMessageBytes: number): Promise<void> {
  if (app.hasDecorator('websocketServer')) {
    warnOfLargeMessages(app, maxMessageBytes)
    return
  }
  // Named first, because the types of ws know neither closeTimeout nor the two limits on fragments.
  const serverOptions = {
    maxPayload: maxMessageBytes,
    maxFragments: 64,
    maxBufferedChunks: 1_024,
    closeTimeout: timesOf(options).closeTimeoutMs,
    perMessageDeflate: false,
    // Two copies on one server would both answer each upgrade: a second one gets a server on which nothing happens.
    ...(upgrading.has(app.server) ? { server: new EventEmitter() as unknown as FastifyInstance['server'] } : {})
  }
  await app.register(fastifyWebsocket, { options: serverOptions })
  upgrading.add(app.server)
}

/** Its limit holds before a message is here, ours after: an attacker could send the difference. */
function warnOfLargeMessages (app: FastifyInstance, maxMessageBytes: number): void {
  const maxPayload = app.websocketServer.options.maxPayload ?? 0
  if (maxPayload !== 0 && maxPayload <= maxMessageBytes) return
  app.log.warn({ maxPayload, maxMessageBytes }, 'the app\'s @fastify/websocket takes larger messages than MSE: set its options.maxPayload')
}

/** The WebSocket transport, one route in a context of its own. */
export async function websocketTransport (app: FastifyInstance, { server, options, path, sockets }: WebSocketOptions): Promise<void> {
  app.route({
    method: 'GET',
    url: path,
    exposeHeadRoute: false,
    onRequest: async (request) => { chooseSubprotocol(request.raw) },
    handler: upgradeRequired,
    wsHandler: (socket, request) => {
      // The host's own shutdown would close it without a code.
      app.websocketServer.clients.delete(socket)
      track(socket, sockets)
      serve(server, options, socket, request)
    }
  })
}

function upgradeRequired (_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(426).headers({ upgrade: 'websocket', connection: 'Upgrade' }).send()
}

/** Leaves only the subprotocol that we speak in the request: `ws` would otherwise agree to whatever is named first. */
function chooseSubprotocol (request: IncomingMessage): void {
  const offered = request.headers['sec-websocket-protocol']
  if (offered === undefined) return
  const speaks = offered.split(',', 32).some((name) => name.trim() === SUBPROTOCOL)
  if (speaks) request.headers['sec-websocket-protocol'] = SUBPROTOCOL
  else delete request.headers['sec-websocket-protocol']
}

function track (socket: WebSocket, sockets: Set<Promise<void>>): void {
  const gone = new Promise<void>((resolve) => { socket.once('close', () => resolve()) })
  sockets.add(gone)
  gone.then(() => sockets.delete(gone), () => {})
}

/** Everything is attached before anything is awaited: a message that comes earlier would be lost. */
function serve (server: MseServer, options: MseOptions, socket: WebSocket, request: FastifyRequest): void {
  const times = timesOf(options)
  const link = new WebSocketLink(socket, server.clock, times.closeTimeoutMs)
  const session = server.open(link, request.ip)
  const stopHeartbeat = startHeartbeat(socket, server.clock, times, () => session.end(closeReason('noPong')))
  socket.on('message', (data) => session.receive(bytesOf(data)))
  socket.on('close', () => {
    stopHeartbeat()
    session.detach(link, closeReason('ended', 'the peer is gone'))
  })
}

function bytesOf (data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}
