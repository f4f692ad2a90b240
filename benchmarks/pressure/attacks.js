// How one connection of an attack is opened, and what it does once it is. Each gets a number of its own and where the server is; it resolves with its socket.
import { once } from 'node:events'
import { connect } from 'node:net'
import { tokenFor } from '../token.js'
import { FACES } from '../state/load/faces.js'
import { frameOf } from '../state/load/frames.js'
import { openWebSocket } from '../state/load/websocket.js'

/** Sources on loopback: one address has 28,000 ports, and closed ones rest for a minute. */
const SOURCES = 32
/** What the proxy before the server says of the client, networks of RFC 5737 and RFC 2544. */
const NETWORKS = 64
/** Of the drips of whoever is slow. */
const DRIP_MS = 500

const source = (number) => `127.0.1.${number % SOURCES + 1}`
const forwarded = (number) => `X-Forwarded-For: 198.18.${number % NETWORKS}.1\r\n`
const from = (number) => ({ localAddress: source(number), headers: forwarded(number) })

/** Sessions of one user are limited, so each is of a user of its own. */
const claimsOf = (number, roomId = `crowd-${number >> 3}`) => ({ userId: `crowd-${number}`, roomId })

async function bare (number, port) {
  const socket = connect({ host: '127.0.0.1', port, localAddress: source(number), noDelay: true })
  await once(socket, 'connect')
  return socket.on('error', () => {})
}

/** Writes a little again and again until the socket is closed. */
function drip (socket, text) {
  const timer = setInterval(() => socket.write(text), DRIP_MS)
  socket.once('close', () => clearInterval(timer))
  socket.resume()
  return socket
}

const HALF_UPGRADE = 'GET /mse HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Ver'
const SLOW_HEAD = 'GET /mse HTTP/1.1\r\nHost: 127.0.0.1\r\n'
const slowPost = (number) => `POST /mse HTTP/1.1\r\nHost: 127.0.0.1\r\n${forwarded(number)}Content-Type: application/json\r\nContent-Length: 16000\r\n\r\n{`

export const ATTACKS = {
  /** A WebSocket that authenticates and then says nothing more than pong. */
  idleSocket: async ({ number, port, secret }) => (await FACES['mse.v1.resume']({ port, secret, claims: claimsOf(number), ...from(number) })).socket,

  /** One whose session ends with it: for the warm-up. */
  plainSocket: async ({ number, port, secret }) => (await FACES['mse.v1']({ port, secret, claims: claimsOf(number), ...from(number) })).socket,

  idleStream: async ({ number, port, secret }) => (await FACES.events({ port, secret, claims: claimsOf(number), ...from(number) })).socket,

  /** In turn: nothing at all, half of an upgrade, and a WebSocket that never authenticates. */
  async halfOpen ({ number, port }) {
    if (number % 3 === 2) return (await openWebSocket({ port, path: '/mse', protocol: 'mse.v1', ...from(number) })).socket
    const socket = await bare(number, port)
    if (number % 3 === 1) socket.write(HALF_UPGRADE)
    return socket.resume()
  },

  async slowHead ({ number, port }) {
    const socket = await bare(number, port)
    socket.write(SLOW_HEAD)
    return drip(socket, 'X-Slow: 1\r\n')
  },

  async slowBody ({ number, port }) {
    const socket = await bare(number, port)
    socket.write(slowPost(number))
    return drip(socket, ' ')
  },

  /** In rooms of `roomSize`; the first of each talks, and none of them reads. */
  async slowReader ({ number, port, secret, roomSize, everyMs, bytes }) {
    const roomId = `slow-${Math.floor(number / roomSize)}`
    const { socket } = await FACES['mse.v1.resume']({ port, secret, claims: claimsOf(number, roomId), ...from(number) })
    socket.pause()
    if (number % roomSize > 0) return socket
    const chat = frameOf(JSON.stringify({ id: 2, method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'x'.repeat(bytes) } }))
    const timer = setInterval(() => socket.write(chat), everyMs)
    socket.once('close', () => clearInterval(timer))
    return socket
  },

  /** Five tokens that are signed with another key; then the server closes. */
  async badToken ({ number, port }) {
    const auth = frameOf(JSON.stringify({ id: 1, method: 'auth', jsonrpc: '2.0', params: { token: tokenFor('another key', claimsOf(number)), version: '1.0' } }))
    const { socket } = await openWebSocket({ port, path: '/mse', protocol: 'mse.v1', ...from(number) })
    socket.write(Buffer.concat(Array(5).fill(auth)))
    return socket
  }
}
