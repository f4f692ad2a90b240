// The limit over HTTP: Node's own server, with nothing on top but JSON.
import { createServer } from 'node:http'
import { serverReady } from '../measured.js'
import { answerTo } from './plain-json.js'

const server = createServer((request, response) => {
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', () => {
    const text = answerTo(Buffer.concat(pieces))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  })
})
server.listen(0, '127.0.0.1', () => serverReady(server.address().port))
