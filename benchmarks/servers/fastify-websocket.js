// What an application writes with @fastify/websocket alone: JSON in, JSON out, and a room that is a loop.
import fastifyWebsocket from '@fastify/websocket'
import Fastify from 'fastify'
import { serverReady } from '../measured.js'

const app = Fastify()
await app.register(fastifyWebsocket)
app.get('/', { websocket: true }, (socket) => socket.on('message', (data) => {
  const { id, method, params } = JSON.parse(data)
  if (method === 'chat') tellOthers(socket, JSON.stringify({ id: null, method, jsonrpc: '2.0', params: { ...params, from: 'load' } }))
  else socket.send(JSON.stringify({ id, jsonrpc: '2.0', result: 'pong' }))
}))

function tellOthers (socket, text) {
  for (const other of app.websocketServer.clients) if (other !== socket) other.send(text)
}

await app.listen({ host: '127.0.0.1', port: 0 })
serverReady(app.server.address().port)
