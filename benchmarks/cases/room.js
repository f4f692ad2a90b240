// One message to a room of a thousand, over WebSockets and over streams of events.
import { CHAT, CHAT_DELIVERED, PING, authText } from '../messages.js'
import { tokenFor } from '../token.js'
import { casesByTurns, measuredCase } from './measured-case.js'

const MEMBERS = 1_000
/** Socket.IO's frames around ours: a text of Engine.IO, an event of Socket.IO. */
const socketIoEvent = (message) => `42${JSON.stringify(['chat', JSON.parse(message).params])}`

const CHATS = [
  { key: 'socket-loop', role: 'limit', name: 'socket.write(frame) in a loop', server: 'socket-loop' },
  { key: 'fastify-websocket', role: 'peer', name: '@fastify/websocket, socket.send(text) in a loop', server: 'fastify-websocket' },
  {
    key: 'socket.io',
    role: 'peer',
    name: 'socket.io, a room',
    server: 'socket-io',
    job: () => ({
      path: '/socket.io/?EIO=4&transport=websocket', greetings: 1, first: ['40'], message: socketIoEvent(CHAT), delivered: socketIoEvent(CHAT_DELIVERED)
    })
  },
  { key: 'ours', role: 'ours', name: 'chat', server: 'mse', job: ({ secret }) => ({ path: '/mse', first: [authText(secret)] }) }
]

const STREAMS = [
  { key: 'response-loop', role: 'limit', name: 'response.write(text) in a loop', server: 'response-loop' },
  {
    key: 'ours',
    role: 'ours',
    name: 'chat to streams of events',
    server: 'mse',
    job: ({ secret }) => ({ path: '/mse', opening: { headers: { authorization: `Bearer ${tokenFor(secret)}` }, body: PING, sessionHeader: 'mse-session' } })
  }
]

function roomCase (prefix, group, kind) {
  return ({ key, job = () => ({}), ...rest }) => ({
    ...rest,
    id: `${prefix}.${key}`,
    group,
    unit: 'deliveries/s',
    load: 'room',
    job: (context) => ({ path: '/', kind, readers: MEMBERS, message: CHAT, delivered: CHAT_DELIVERED, ...job(context) })
  })
}

export const roomCases = [
  ...casesByTurns(CHATS.map(roomCase('chat-1000', 'chat to a room of 1,000 WebSockets', 'websocket'))),
  ...STREAMS.map(roomCase('events-1000', 'chat to a room of 1,000 streams of events', 'events')).map(measuredCase)
]
