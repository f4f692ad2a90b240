import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { answerCommands, measurements, settings } from '../commands.js'

const http = createServer()
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, ...settings.options })
io.on('connection', (socket) => socket.on('ping', (answer) => answer('pong')))
await new Promise((resolve) => http.listen({ host: '127.0.0.1', port: 0 }, resolve))
const links = () => io.engine.clientsCount
answerCommands({ ...measurements, port: () => http.address().port, sessions: () => io.sockets.sockets.size, links, endAll () {} })
