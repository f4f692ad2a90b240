import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RawData, WebSocket } from 'ws'
import type { MseServer } from '../lib/core/server.ts'
import { type CloseReason, closeReason } from '../lib/protocol/close-codes.ts'
import type { Session } from '../lib/session/session.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { WebSocketTimes } from './options.ts'
import { WebSocketLink } from './websocket-link.ts'

/** The plain MSE 1.0 protocol; also when a client names none. */
export const SUBPROTOCOL = 'mse.v1'

/** What the transport's plugin takes. */
export interface WebSocketOptions {
  readonly server: MseServer
  readonly times: WebSocketTimes
  readonly path: string
  /** The sockets that are open, as promises of their end. */
  readonly sockets: Set<Promise<void>>
}

/** The WebSocket transport, one route in a context of its own. */
export async function websocketTransport (app: FastifyInstance, { server, times, path, sockets }: WebSocketOptions): Promise<void> {
  app.route({
    method: 'GET',
    url: path,
    exposeHeadRoute: false,
    onRequest: async (request) => {
      chooseSubprotocol(request.raw)
      // The app's own server may compress; 200 KB can become 200 MB before a limit of ours sees them.
      delete request.raw.headers['sec-websocket-extensions']
    },
    handler: upgradeRequired,
    wsHandler: (socket, request) => {
      // The app's own shutdown would close it without a code. Absent when the app's server does not track its clients.
      app.websocketServer.clients?.delete(socket)
      track(socket, sockets)
      serve(server, times, socket, request)
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
function serve (server: MseServer, times: WebSocketTimes, socket: WebSocket, request: FastifyRequest): void {
  const link = new WebSocketLink(socket, server.clock, times.closeTimeoutMs)
  // An injected request has no address.
  const session = server.open(link, request.ip ?? '')
  const stopHeartbeat = startHeartbeat(socket, server.clock, times, () => session.end(closeReason('noPong')))
  socket.on('message', (data) => receive(server, session, data))
  // @fastify/websocket's own listener would destroy the socket before the close frame of `ws` is out.
  socket.removeAllListeners('error').on('error', (error) => {
    server.log.info({ err: error, address: session.address }, 'a WebSocket broke the rules')
    session.end(breach(error))
  })
  socket.on('close', () => {
    stopHeartbeat()
    session.detach(link, closeReason('ended', 'the peer is gone'))
  })
}

/** What is thrown here would be thrown in the socket's own listener, and end the process. */
function receive (server: MseServer, session: Session, data: RawData): void {
  try {
    session.receive(bytesOf(data))
  } catch (error) {
    server.log.error({ err: error }, 'a message could not be processed')
    session.end(closeReason('internal'))
  }
}

/** `ws` has closed with the code of RFC 6455 already; this is what the session is told. */
function breach (error: Error & { code?: string }): CloseReason {
  const { code = 'unknown' } = error
  return closeReason(code.startsWith('WS_ERR_UNSUPPORTED_') ? 'tooBig' : 'protocol', code)
}

function bytesOf (data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}
