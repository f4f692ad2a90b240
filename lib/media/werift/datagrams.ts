import type { Socket } from 'node:dgram'
import type { RTCIceTransport } from 'werift'

type IceConnection = RTCIceTransport['connection']

/** A protocol of werift that has a UDP socket of its own and puts nothing around what it sends. */
interface OverUdp {
  readonly type: 'stun'
  readonly transport: { readonly socket: Socket, readonly closed: boolean }
}

/**
 * Sends one datagram in pieces on the pair that ICE has chosen. Without one, and after the other side's consent has run out
 * (RFC 7675), nothing is sent.
 *
 * werift's own `send` goes through three async functions, which cost more than writing to the socket; it is left what goes through TURN.
 */
export function sendDatagram (connection: IceConnection, pieces: Buffer[]): void {
  const pair = connection.nominated
  // werift fails a connection whose consent has run out.
  if (pair === undefined || connection.state === 'failed' || connection.state === 'closed') return
  const { protocol, remoteCandidate: { host, port } } = pair
  if (!isOverUdp(protocol)) connection.send(Buffer.concat(pieces)).catch(ignore)
  else if (!protocol.transport.closed) sendOrLose(protocol.transport.socket, pieces, port, host)
}

/** What throws here would keep the packet from the receivers after this one. */
function sendOrLose (socket: Socket, pieces: Buffer[], port: number, host: string): void {
  try {
    socket.send(pieces, port, host)
  } catch (error) {
    ignore(error)
  }
}

function isOverUdp (protocol: object): protocol is OverUdp {
  return (protocol as Partial<OverUdp>).type === 'stun'
}

/** UDP promises nothing: a packet that could not be sent is a lost packet. */
const ignore = (_error: unknown): void => {}
