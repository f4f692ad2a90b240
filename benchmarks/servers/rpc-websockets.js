import { Server } from 'rpc-websockets'

const server = new Server({ host: '127.0.0.1', port: 0 })
server.register('ping', () => 'pong')
server.on('listening', () => console.log(server.wss.address().port))
