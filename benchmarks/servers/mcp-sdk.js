// The Streamable HTTP of the Model Context Protocol's SDK: a session for each client, answers as JSON instead of streams.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { serverReady } from '../measured.js'

const sessions = new Map()

async function newTransport () {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => { sessions.set(id, transport) }
  })
  await new McpServer({ name: 'bench', version: '1.0.0' }).connect(transport)
  return transport
}

const http = createServer(async (request, response) => {
  const transport = sessions.get(request.headers['mcp-session-id']) ?? await newTransport()
  await transport.handleRequest(request, response)
})
http.listen(0, '127.0.0.1', () => serverReady(http.address().port))
