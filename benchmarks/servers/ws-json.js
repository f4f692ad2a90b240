// The library that we use, with nothing on top but JSON.
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('connection', (socket) => socket.on('message', (data) => {
  const { id } = JSON.parse(data)
  socket.send(JSON.stringify({ id, jsonrpc: '2.0', result: 'pong' }))
}))
server.on('listening', () => console.log(server.address().port))
