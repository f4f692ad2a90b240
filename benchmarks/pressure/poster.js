import { connect } from 'node:net'
import { FACES } from '../state/load/faces.js'

const ANSWER = '"pong"'

/**
 * A session with a stream of events and a connection for its POSTs, as a client without WebSocket has it.
 * @returns an object with `post(body)` and `onAnswer`, called for each pong
 */
export async function openPoster ({ port, ...who }) {
  const stream = await FACES.events({ port, ...who })
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const poster = { socket, onAnswer () {}, post }
  function post (body) {
    socket.write(`POST /mse HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nMse-Session: ${stream.session}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  }
  let rest = ''
  socket.on('data', (chunk) => {
    const text = rest + chunk.toString('latin1')
    let from = 0
    for (let at = text.indexOf(ANSWER); at !== -1; at = text.indexOf(ANSWER, from)) {
      from = at + ANSWER.length
      poster.onAnswer()
    }
    // Part of the next one may have come.
    rest = text.slice(Math.max(from, text.length - ANSWER.length + 1))
  })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return poster
}
