// The limit of a room: upgraded sockets, a frame that is made once, and a loop that writes it.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { CHAT_DELIVERED } from '../messages.js'
import { serverReady } from '../measured.js'

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const sockets = new Set()
const payload = Buffer.from(CHAT_DELIVERED)
const frame = Buffer.concat([Buffer.from([0x81, payload.length]), payload])

const server = createServer()
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + WEBSOCKET_GUID).digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  socket.setNoDelay(true)
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  socket.on('data', () => { for (const other of sockets) if (other !== socket) other.write(frame) })
})
server.listen(0, '127.0.0.1', () => serverReady(server.address().port))
