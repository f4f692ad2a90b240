// The limit for streams: node:http with an open response, and nobody who knows whose it is.
import { createServer } from 'node:http'
import { answerCommands, measurements } from '../commands.js'

const open = new Set()
const server = createServer((_request, response) => {
  open.add(response)
  response.on('close', () => open.delete(response))
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform' })
  response.write('event: open\ndata: {}\n\n')
})
await new Promise((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
const links = () => open.size
answerCommands({ ...measurements, port: () => server.address().port, sessions: links, links, endAll () {} })
