import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RawData, WebSocket } from 'ws'
import type { MseServer } from '../lib/core/server.ts'
import { type CloseReason, closeReason } from '../lib/protocol/close-codes.ts'
import { Connection } from '../lib/core/connection.ts'
import { type FrameLimits, FrameReader } from './frame-reader.ts'
import { Heartbeat } from './heartbeat.ts'
import type { OpenSockets } from './open-sockets.ts'
import type { WebSocketTimes } from './options.ts'
import { endHandshakeTimeout } from './upgrades.ts'
import { WebSocketLink, streamOf } from './websocket-link.ts'

/** The plain MSE 1.0 protocol; also when a client names none. */
const PLAIN = 'mse.v1'
/** With numbers and `$/` messages, so that a session outlives its socket. */
const RESUMABLE = 'mse.v1.resume'

/** What the transport's plugin takes. */
export interface WebSocketOptions {
  readonly server: MseServer
  readonly times: WebSocketTimes
  /** The sockets that are open. */
  readonly sockets: OpenSockets
}

/** What a GET with `Upgrade: websocket` does, as parts of the endpoint's one GET route. */
export interface WebSocketFace {
  /** Before anything else looks at the request. */
  prepare (request: IncomingMessage): void
  handle (this: FastifyInstance, socket: WebSocket, request: FastifyRequest): void
}

/** The WebSocket transport. */
export function webSocketFace ({ server, times, sockets }: WebSocketOptions): WebSocketFace {
  return {
    prepare (request) {
      chooseSubprotocol(request)
      // The app's own server may compress; 200 KB can become 200 MB before a limit of ours sees them.
      delete request.headers['sec-websocket-extensions']
    },
    handle (socket, request) {
      // The app's own shutdown would close it without a code. Absent when the app's server does not track its clients.
      this.websocketServer.clients?.delete(socket)
      releaseHandshake(socket)
      sockets.opened()
      socket.once('close', sockets.closed)
      serve({ server, times, socket, request, limits: frameLimits(this) })
    }
  }
}

/** Leaves only the subprotocol that we choose in the request: `ws` would otherwise agree to whatever is named first. */
function chooseSubprotocol (request: IncomingMessage): void {
  const offered = request.headers['sec-websocket-protocol']?.split(',', 32).map((name) => name.trim())
  if (offered === undefined) return
  const chosen = [RESUMABLE, PLAIN].find((name) => offered.includes(name))
  if (chosen === undefined) delete request.headers['sec-websocket-protocol']
  else request.headers['sec-websocket-protocol'] = chosen
}

/**
 * The handshake is over, yet the socket would hold on to its response, and with it to the request, its headers and Fastify's objects: 3 KB for as long
 * as the WebSocket lives. Not where the app listens for the end of that response, which comes with the socket's. `_httpMessage` is what Node itself
 * calls the response that has a socket.
 */
function releaseHandshake (webSocket: WebSocket): void {
  const socket = streamOf(webSocket) as Socket & { _httpMessage?: ServerResponse | null }
  endHandshakeTimeout(socket)
  if (socket._httpMessage?.listenerCount('close') === 0) socket._httpMessage.detachSocket(socket)
}

interface Handshaken {
  readonly server: MseServer
  readonly times: WebSocketTimes
  readonly socket: WebSocket
  readonly request: FastifyRequest
  readonly limits: FrameLimits
}

/** Of the WebSocket server, which may be the app's own. The types of `ws` do not know the second one. */
function frameLimits (app: FastifyInstance): FrameLimits {
  const { maxPayload = 0, maxBufferedChunks = 0 } = app.websocketServer.options as Partial<FrameLimits>
  return { maxPayload, maxBufferedChunks }
}

/** Everything is attached before anything is awaited: a message that comes earlier would be lost. */
function serve ({ server, times, socket, request, limits }: Handshaken): void {
  const link = new WebSocketLink(socket, server.clock, { closeTimeoutMs: times.closeTimeoutMs, isResumable: socket.protocol === RESUMABLE })
  // An injected request has no address.
  const connection = new Connection(server, link, request.ip ?? '')
  link.onDrained = () => connection.drained()
  const heartbeat = new Heartbeat(socket, server.clock, times, () => connection.session.lose(link, closeReason('noPong')))
  const reader = FrameReader.install({ webSocket: socket, stream: streamOf(socket), ...limits, outgoing: link, unfinished: connection })
  socket.on('message', (data) => {
    reader?.emitted()
    receive(server, connection, data)
  })
  // @fastify/websocket's own listener would destroy the socket before the close frame of `ws` is out.
  socket.removeAllListeners('error').on('error', (error) => {
    server.log.info({ err: error, address: connection.session.address }, 'a WebSocket broke the rules')
    reader?.stop()
    connection.fail(breach(error))
  })
  socket.on('close', () => {
    heartbeat.stop()
    connection.lost()
  })
}

/** What is thrown here would be thrown in the socket's own listener, and end the process. */
function receive (server: MseServer, connection: Connection, data: RawData): void {
  try {
    connection.receive(bytesOf(data))
  } catch (error) {
    server.log.error({ err: error }, 'a message could not be processed')
    connection.fail(closeReason('internal'))
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
