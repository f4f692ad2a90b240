// Calls over WebSockets.
import { ADD, BATCH, BATCH_SIZE, PING, authText } from '../messages.js'
import { TARGETED } from '../targets.js'
import { measuredCase } from './measured-case.js'

const CONNECTIONS = 50
/** Of those that wait for each answer: what a socket costs is most of it, so they lie close together. Not by turns: who does not authenticate is closed after 10 s. */
const ROUNDS_OF_COMPARED = 5
const OURS = { server: 'mse', path: '/mse' }

const PINGED = [
  { key: 'uws', role: 'limit', name: 'µWebSockets', server: 'uws' },
  { key: 'ws', role: 'limit', name: 'ws + JSON', server: 'ws-json' },
  { key: 'json-rpc-2.0', role: 'peer', name: 'json-rpc-2.0 on ws', server: 'json-rpc-2.0' },
  { key: 'rpc-websockets', role: 'peer', name: 'rpc-websockets', server: 'rpc-websockets' },
  { key: 'fastify-websocket', role: 'peer', name: '@fastify/websocket + JSON', server: 'fastify-websocket' },
  { key: 'socket.io', role: 'peer', name: 'socket.io with acknowledgements, by its own client', server: 'socket-io', load: 'socket-io' },
  { key: 'ours', role: 'ours', name: 'ping', ...OURS }
]

const BATCHED = PINGED.filter(({ key }) => ['ws', 'json-rpc-2.0', 'rpc-websockets', 'ours'].includes(key))

function pings (inFlight) {
  const group = `ping over WebSocket, ${inFlight} in flight`
  return PINGED.map((one) => {
    const id = `ping-${inFlight}.${one.key}`
    return callCase({ ...one, id, group, rounds: inFlight === 1 && TARGETED.has(id) ? ROUNDS_OF_COMPARED : undefined, job: { inFlight, message: PING, word: 'pong' } })
  })
}

/** A call that has to be of somebody, with params and a result that are checked against their schemas; the others are not asked to do that. */
const authenticated = measuredCase({
  id: 'authenticated-16.ours',
  group: 'authenticated call with schemas over WebSocket, 16 in flight',
  role: 'ours',
  name: 'add, authenticated, params and result by TypeBox',
  server: 'mse',
  load: 'websocket',
  job: ({ secret }) => ({ connections: CONNECTIONS, path: '/mse', inFlight: 16, message: ADD, word: '"sum":3', first: [authText(secret)] })
})

const batches = BATCHED.map((one) => callCase({
  ...one,
  name: one.key === 'ours' ? 'batch of ping' : one.name,
  id: `batch-16.${one.key}`,
  group: `batch of ${BATCH_SIZE} over WebSocket`,
  job: { inFlight: 1, message: BATCH, word: 'pong', answersEach: BATCH_SIZE }
}))

function callCase ({ load = 'websocket', path, job, ...rest }) {
  return measuredCase({ ...rest, load, job: () => ({ connections: CONNECTIONS, path, ...job }) })
}

export const websocketCases = [...pings(1), ...pings(16), authenticated, ...batches]
