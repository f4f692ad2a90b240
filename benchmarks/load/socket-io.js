// Socket.IO has a protocol of its own, so its own client is the load. That costs more than the server does: see the cost in processor time beside the rate.
import { io } from 'socket.io-client'
import { jobOf, loadReady } from '../measured.js'

const { port, connections, inFlight } = jobOf()
let answers = 0

function call (socket) {
  socket.emit('ping', {}, (answer) => {
    if (answer !== 'pong') throw new Error(`answered ${answer}`)
    answers++
    call(socket)
  })
}

function open () {
  return new Promise((resolve, reject) => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, reconnection: false })
    socket.on('connect', () => resolve(socket))
    socket.on('connect_error', reject)
  })
}

const sockets = []
for (let index = 0; index < connections; index++) sockets.push(await open())
for (const socket of sockets) for (let count = 0; count < inFlight; count++) call(socket)
loadReady(() => answers)
