// The limit of streams: responses of node:http, a text that is made once, and a loop that writes it.
import { createServer } from 'node:http'
import { CHAT_DELIVERED } from '../messages.js'
import { serverReady } from '../measured.js'

const responses = new Set()
const text = `id: AbCdEfGh.1000\ndata: ${CHAT_DELIVERED}\n\n`

const server = createServer((request, response) => {
  if (request.method === 'GET') return openStream(response)
  request.resume()
  request.on('end', () => {
    response.end()
    for (const other of responses) other.write(text)
  })
})

function openStream (response) {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform' })
  response.flushHeaders()
  responses.add(response)
  response.on('close', () => responses.delete(response))
}

server.listen(0, '127.0.0.1', () => serverReady(server.address().port))
