import { connect } from 'node:net'
import { FACES } from '../state/load/faces.js'

/** One answer, and the id of what it answers. */
const ANSWER = /\{"id":(\d+),"jsonrpc":"2\.0","result":"pong"\}/g
/** Longer than any. */
const MAX_ANSWER = 80

/**
 * A session with a stream of events and a connection for its POSTs, as a client without WebSocket has it.
 * @returns an object with `post(body)` and `onAnswer`, called with the id for each pong
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
    for (const { 0: answer, 1: id, index } of text.matchAll(ANSWER)) {
      from = index + answer.length
      poster.onAnswer(Number(id))
    }
    // Part of the next one may have come.
    rest = text.slice(Math.max(from, text.length - MAX_ANSWER))
  })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return poster
}
