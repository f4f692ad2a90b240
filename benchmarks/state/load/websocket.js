import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { OPCODES, frameOf, frameReader } from './frames.js'

/**
 * Opens a WebSocket and says what is to be said first, one after the other: each is answered with one frame.
 * @param first texts that are sent when it is open
 * @param greetings frames that the server sends by itself before
 * @param headers more lines of the request, each with its line break
 * @param localAddress where to come from
 * @returns an object with `socket`, and `onText`, which may be replaced
 */
export function openWebSocket ({ port, path, protocol, first = [], greetings = 0, headers = '', localAddress }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true })
    const link = { socket, onText: null }
    const unsent = first.map((text) => frameOf(text))
    let expected = greetings
    const greet = () => {
      if (expected-- > 0) return
      const next = unsent.shift()
      if (next === undefined) {
        link.onText = () => {}
        return resolve(link)
      }
      expected = 0
      socket.write(next)
    }
    link.onText = greet
    const read = frameReader((opcode, payload) => {
      if (opcode === OPCODES.text) link.onText(payload)
      else if (opcode === OPCODES.ping) socket.write(frameOf(payload, OPCODES.pong))
    })
    socket.on('error', reject)
    socket.once('data', (chunk) => {
      if (chunk.toString('latin1', 9, 12) !== '101') return reject(new Error(chunk.toString()))
      socket.on('data', read)
      greet()
      read(chunk.subarray(chunk.indexOf('\r\n\r\n') + 4))
    })
    socket.write(handshake(port, path, protocol, headers))
  })
}

function handshake (port, path, protocol, headers) {
  const subprotocol = protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`
  const key = randomBytes(16).toString('base64')
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${subprotocol}${headers}\r\n`
}
