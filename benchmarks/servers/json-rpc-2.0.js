import { JSONRPCServer } from 'json-rpc-2.0'
import { WebSocketServer } from 'ws'
import { serverReady } from '../measured.js'

const rpc = new JSONRPCServer()
rpc.addMethod('ping', () => 'pong')
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('connection', (socket) => socket.on('message', (data) => {
  rpc.receiveJSON(data.toString()).then((answer) => { if (answer) socket.send(JSON.stringify(answer)) })
}))
server.on('listening', () => serverReady(server.address().port))
