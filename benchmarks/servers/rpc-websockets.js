import { Server } from 'rpc-websockets'
import { serverReady } from '../measured.js'

const server = new Server({ host: '127.0.0.1', port: 0 })
server.register('ping', () => 'pong')
server.on('listening', () => serverReady(server.wss.address().port))
