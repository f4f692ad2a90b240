/**
 * What must hold, as data. A ratio divides the medians of two rows of the same run; with several in `to` the best of them counts. Without `to` the row's own
 * figure is compared. `atLeast` and `atMost` are the target.
 */
const JSON_RPC_PEERS = ['json-rpc-2.0', 'rpc-websockets']
const peers = (inFlight) => JSON_RPC_PEERS.map((key) => `ping-${inFlight}.${key}`)

export const TARGETS = [
  { name: 'ping, 16 in flight, to the best JSON-RPC peer', of: 'ping-16.ours', to: peers(16), atLeast: 3.2 },
  { name: 'ping, 16 in flight, to µWebSockets', of: 'ping-16.ours', to: ['ping-16.uws'], atLeast: 0.75 },
  { name: 'ping, 1 in flight, to ws + JSON', of: 'ping-1.ours', to: ['ping-1.ws'], atLeast: 1.1 },
  { name: 'ping, 1 in flight, to the best JSON-RPC peer', of: 'ping-1.ours', to: peers(1), atLeast: 1.25 },
  { name: 'authenticated call with schemas, 16 in flight, to the bare ping of the best JSON-RPC peer', of: 'authenticated-16.ours', to: peers(16), atLeast: 2.5 },
  { name: 'POST, to jayson', of: 'post.ours', to: ['post.jayson'], atLeast: 1.1 },
  { name: 'POST, to node:http + JSON', of: 'post.ours', to: ['post.node-http'], atLeast: 0.8 },
  { name: 'chat to a room of 1,000, to a loop of socket.write', of: 'chat-1000.ours', to: ['chat-1000.socket-loop'], atLeast: 0.85 },
  { name: 'memory of an idle session, WebSocket, in KB', of: 'memory-websocket.ours', atMost: 11 },
  { name: 'memory of an idle session, stream of events, in KB', of: 'memory-events.ours', atMost: 13 },
  { name: 'cost of a message at 8,000 sessions, to that at 100', of: 'growth-8000.ours', to: ['growth-100.ours'], atMost: 1.2 },
  { name: 'media fan-out, in % of a core per Mbps', of: 'fan-out.werift', atMost: 0.33 }
]

/** The rows that targets are about: what a quick run measures. */
export const TARGETED = new Set(TARGETS.flatMap(({ of, to = [] }) => [of, ...to]))
