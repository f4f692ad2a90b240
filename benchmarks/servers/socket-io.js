// Socket.IO: calls with acknowledgements, and a room.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { serverReady } from '../measured.js'

const http = createServer()
const server = new Server(http, { transports: ['websocket'] })
server.on('connection', async (socket) => {
  await socket.join('load')
  socket.on('ping', (_params, answer) => answer('pong'))
  socket.on('chat', (params) => socket.to('load').emit('chat', { ...params, from: 'load' }))
})
http.listen(0, '127.0.0.1', () => serverReady(http.address().port))
