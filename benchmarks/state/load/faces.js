// How a link is opened, by the name of its face.
import { tokenFor } from '../../token.js'
import { frameOf } from './frames.js'
import { openDownstream, openStream } from './http.js'
import { openWebSocket } from './websocket.js'

const authText = (secret, claims) => JSON.stringify({ id: 1, method: 'auth', jsonrpc: '2.0', params: { token: tokenFor(secret, claims), version: '1.0' } })
const mse = (protocol) => ({ secret, claims, ...from }) => openWebSocket({ ...from, path: '/mse', protocol, first: [authText(secret, claims)] })
const downstream = (accept) => ({ secret, claims, ...from }) => openDownstream({ ...from, accept, auth: authText(secret, claims) })

/** Engine.IO says hello first; "40" is the connect packet of Socket.IO, "2" a ping and "3" its pong. */
async function openSocketIo ({ port }) {
  const link = await openWebSocket({ port, path: '/socket.io/?EIO=4&transport=websocket', greetings: 1, first: ['40'] })
  link.onText = (payload) => { if (payload[0] === PING) link.socket.write(PONG) }
  return link
}

const PING = '2'.charCodeAt(0)
const PONG = frameOf('3')

export const FACES = {
  'mse.v1': mse('mse.v1'),
  'mse.v1.resume': mse('mse.v1.resume'),
  events: downstream('text/event-stream'),
  poll: downstream('application/json'),
  ws: ({ port }) => openWebSocket({ port, path: '/' }),
  stream: openStream,
  'socket.io': openSocketIo
}
