/** Libraries that speak JSON-RPC: what has another protocol, or no library for it, is shown but does not count. */
const JSON_RPC_PEERS = ['json-rpc-2.0', 'rpc-websockets']
const peers = (inFlight) => JSON_RPC_PEERS.map((key) => `ping-${inFlight}.${key}`)

/** What must hold: the median of one row, divided by that of another of the same run. With several in `to` the best of them counts. */
export const TARGETS = [
  { name: 'ping, 16 in flight, to the best JSON-RPC peer', of: 'ping-16.ours', to: peers(16), atLeast: 3.2 },
  { name: 'ping, 16 in flight, to µWebSockets', of: 'ping-16.ours', to: ['ping-16.uws'], atLeast: 0.75 },
  { name: 'ping, 1 in flight, to ws + JSON', of: 'ping-1.ours', to: ['ping-1.ws'], atLeast: 1.1 },
  { name: 'ping, 1 in flight, to the best JSON-RPC peer', of: 'ping-1.ours', to: peers(1), atLeast: 1.25 },
  { name: 'authenticated call with schemas, 16 in flight, to the best JSON-RPC peer\'s bare ping', of: 'authenticated-16.ours', to: peers(16), atLeast: 2.5 },
  { name: 'POST, to jayson', of: 'post.ours', to: ['post.jayson'], atLeast: 1.1 },
  { name: 'POST, to node:http + JSON', of: 'post.ours', to: ['post.node-http'], atLeast: 0.8 },
  { name: 'chat to a room of 1,000, to a loop of socket.write', of: 'chat-1000.ours', to: ['chat-1000.socket-loop'], atLeast: 0.85 }
]

/** The rows that targets are about: what a quick run measures. */
export const TARGETED = new Set(TARGETS.flatMap(({ of, to }) => [of, ...to]))
