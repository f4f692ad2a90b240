/* global window, WebSocket, performance, setInterval, clearInterval */
// A member of a room in a page: the wire by hand, and the media of helpers/engine-page/client.js, which is loaded beside it.

const pending = new Map()
const observed = { changes: [], frames: 0, since: 0, longestPauseMs: 0, timer: null }
let socket = null
let lastId = 0
const member = window.member = { connect, call, log: [], closed: null, observe, observed: observedSoFar, publishUfrag }

/** Resolves when the socket is open. */
function connect () {
  socket = new WebSocket(`${window.location.origin.replace('http', 'ws')}/mse`, ['mse.v1.resume'])
  socket.onmessage = ({ data }) => take(JSON.parse(data))
  socket.onclose = ({ code }) => { member.closed = code }
  return new Promise((resolve) => { socket.onopen = () => resolve() })
}

function call (method, params) {
  const id = ++lastId
  socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  return new Promise((resolve) => pending.set(id, resolve))
}

function take (frame) {
  if (frame.method === undefined) return pending.get(frame.id)?.(frame.error ?? frame.result)
  member.log.push(frame)
  if (frame.method === 'sdpOffer') window.engineReceive('description', frame.params.offer)
  if (frame.method === 'iceCandidate') window.engineReceive('candidate', frame.params.candidate)
}

window.engineSend = (kind, body) => {
  const [method, params] = kind === 'description' ? ['sdpOffer', { offer: body }] : ['iceCandidate', { candidate: body }]
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: null, method, params }))
}

/** Watches the connections and the pictures from now on; what came before is forgotten. */
function observe () {
  clearInterval(observed.timer)
  Object.assign(observed, { changes: [], since: performance.now(), longestPauseMs: 0 })
  member.log.length = 0
  for (const name of ['publish', 'subscribe']) {
    for (const event of ['iceconnectionstatechange', 'connectionstatechange', 'signalingstatechange', 'negotiationneeded']) {
      window.client.state[name][`on${event}`] = () => observed.changes.push(`${name}: ${event}`)
    }
  }
  observed.timer = setInterval(look, 50)
}

async function look () {
  const frames = await decoded()
  const now = performance.now()
  observed.longestPauseMs = Math.max(observed.longestPauseMs, now - observed.since)
  if (frames > observed.frames) observed.since = now
  observed.frames = frames
}

async function observedSoFar () {
  const { changes, longestPauseMs } = observed
  // Acknowledgements come by the clock, on a slow machine more of them.
  const methods = member.log.map(({ method }) => method).filter((method) => method !== '$/ack')
  return { changes, longestPauseMs, frames: await decoded(), ufrag: publishUfrag(), methods }
}

async function decoded () {
  return (await window.client.counts()).reduce((sum, { frames }) => sum + frames, 0)
}

function publishUfrag () {
  return /a=ice-ufrag:(\S+)/.exec(window.client.state.publish.localDescription.sdp)[1]
}
