// The library that we use, with nothing on top but JSON.
import { WebSocketServer } from 'ws'
import { serverReady } from '../measured.js'
import { answerTo } from './plain-json.js'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('connection', (socket) => socket.on('message', (data) => socket.send(answerTo(data))))
server.on('listening', () => serverReady(server.address().port))
