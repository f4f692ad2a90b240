// @fastify/websocket with nothing on top: what a session costs that knows no user, no numbers and no limits.
import fastifyWebsocket from '@fastify/websocket'
import Fastify from 'fastify'
import { answerCommands, measurements } from '../commands.js'

const app = Fastify()
await app.register(fastifyWebsocket, { options: { perMessageDeflate: false } })
app.get('/', { websocket: true }, (socket) => {
  socket.on('message', (data) => {
    const { id } = JSON.parse(data)
    socket.send(JSON.stringify({ id, jsonrpc: '2.0', result: 'pong' }))
  })
})
await app.listen({ host: '127.0.0.1', port: 0 })
const links = () => app.websocketServer.clients.size
answerCommands({ ...measurements, port: () => app.server.address().port, sessions: links, links, endAll () {} })
