// Calls by POST.
import { PING } from '../messages.js'
import { tokenFor } from '../token.js'
import { casesByTurns } from './measured-case.js'

const CONNECTIONS = 50
const MCP_HEADERS = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-06-18' }
const MCP_OPENING = {
  headers: MCP_HEADERS,
  body: JSON.stringify({
    jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'load', version: '1.0.0' } }
  }),
  sessionHeader: 'mcp-session-id',
  then: ['{"jsonrpc":"2.0","method":"notifications/initialized"}']
}

const bearer = (secret) => ({ authorization: `Bearer ${tokenFor(secret)}` })
/** A Bearer opens the session that `Mse-Session` names from then on. */
const opening = (secret) => ({ headers: bearer(secret), body: PING, sessionHeader: 'mse-session' })

const mcp = () => ({ path: '/mcp', headers: MCP_HEADERS, opening: MCP_OPENING, word: '"result"' })
const inSession = ({ secret }) => ({ path: '/mse', opening: opening(secret) })

const CASES = [
  { key: 'node-http', role: 'limit', name: 'node:http + JSON', server: 'node-http' },
  { key: 'fastify', role: 'limit', name: 'fastify + JSON', server: 'fastify' },
  { key: 'jayson', role: 'peer', name: 'jayson', server: 'jayson' },
  { key: 'mcp-sdk', role: 'peer', name: '@modelcontextprotocol/sdk, in a session', server: 'mcp-sdk', job: mcp },
  { key: 'ours', role: 'ours', name: 'ping in a session', server: 'mse', job: inSession },
  {
    key: 'ours-bearer',
    role: 'ours',
    name: 'ping in a session, with the Bearer each time',
    server: 'mse',
    job: (context) => ({ ...inSession(context), headers: bearer(context.secret) })
  },
  { key: 'ours-alone', role: 'ours', name: 'ping without a session', server: 'mse', job: () => ({ path: '/mse' }) }
]

export const httpCases = casesByTurns(CASES.map(({ key, job = () => ({}), ...rest }) => ({
  ...rest,
  id: `post.${key}`,
  group: 'ping over POST',
  load: 'http',
  job: (context) => ({ path: '/', connections: CONNECTIONS, body: PING, word: 'pong', ...job(context) })
})))
