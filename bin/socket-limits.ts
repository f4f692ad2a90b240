import type { Server } from 'node:http'
import { isLocalNetwork, networkOf } from '../lib/util/network.ts'

/** What {@link limitSockets} takes. */
export interface SocketLimits {
  /** Sockets altogether: Node closes those above it at once. */
  readonly maxSockets: number
  /** Sockets of one network; undefined: not counted, because a proxy stands before the server. */
  readonly maxSocketsPerNetwork: number | undefined
}

/**
 * Bounds what one machine can take of a server that nothing protects: sockets on which it says little or nothing. Requests are counted
 * by the plugin. Sockets of this machine and of private networks are not counted: they may be a proxy's.
 */
export function limitSockets (server: Server, { maxSockets, maxSocketsPerNetwork }: SocketLimits): void {
  server.maxConnections = maxSockets
  if (maxSocketsPerNetwork === undefined) return
  const open = new Map<string, number>()
  server.on('connection', (socket) => {
    const { remoteAddress = '' } = socket
    if (isLocalNetwork(remoteAddress)) return
    const network = networkOf(remoteAddress)
    const count = open.get(network) ?? 0
    if (count >= maxSocketsPerNetwork) return socket.destroy()
    open.set(network, count + 1)
    socket.once('close', () => {
      const left = (open.get(network) ?? 0) - 1
      left > 0 ? open.set(network, left) : open.delete(network)
    })
    return undefined
  })
}
