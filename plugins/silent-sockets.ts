import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** The open connections of each HTTP server. */
const connections = new WeakMap<Server, Set<Socket>>()

/**
 * Watches the connections of an HTTP server, for {@link endSilentSockets}. Idempotent. With TLS both layers are watched: a client
 * may stop before its handshake or after it.
 */
export function watchSockets (server: Server): void {
  if (connections.has(server)) return
  const sockets = new Set<Socket>()
  connections.set(server, sockets)
  const watch = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  server.on('connection', watch)
  server.on('secureConnection', watch)
}

/**
 * Ends the connections on which nothing has ever come, such as the spare ones that browsers open. Node takes one for busy until
 * `headersTimeout` is over, so closing the server would wait a minute for it. Whoever has sent as much as a byte is left alone.
 */
export function endSilentSockets (server: Server): void {
  for (const socket of connections.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy()
}
