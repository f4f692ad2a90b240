// The limit: the library that we use, with nothing on top but JSON, and the heartbeat of its own README.
import { WebSocketServer } from 'ws'
import { answerCommands, measurements, settings } from '../commands.js'
import { inTurns } from './turns.js'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('connection', (socket) => {
  socket.isAlive = true
  socket.on('pong', () => { socket.isAlive = true })
  socket.on('message', (data) => {
    const { id } = JSON.parse(data)
    socket.send(JSON.stringify({ id, jsonrpc: '2.0', result: 'pong' }))
  })
})
if (settings.pingIntervalMs !== undefined) setInterval(pingAll, settings.pingIntervalMs)
await new Promise((resolve) => server.once('listening', resolve))

function pingAll () {
  for (const socket of server.clients) {
    if (!socket.isAlive) socket.terminate()
    socket.isAlive = false
    socket.ping()
  }
}

/** The first so many sockets are the room. */
function notify (members, number) {
  const text = JSON.stringify({ id: null, method: 'chat', jsonrpc: '2.0', params: { to: [], message: `number ${number}`, from: 'server' } })
  for (const socket of members) socket.send(text)
}

answerCommands({
  ...measurements,
  port: () => server.address().port,
  sessions: () => server.clients.size,
  links: () => server.clients.size,
  endAll () {},
  notify: ({ times, size }) => {
    const members = [...server.clients].slice(0, size)
    return inTurns(times, (number) => notify(members, number))
  }
})
