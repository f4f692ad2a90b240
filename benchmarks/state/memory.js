// What a session costs that does nothing: bytes, and the CPU of its heartbeats.
import { setTimeout as sleep } from 'node:timers/promises'
import { newSecret } from '../token.js'
import { withServer } from './processes.js'
import { Shared } from './shared.js'

export const SESSIONS = 8_000
const QUICK_SESSIONS = 1_000
/** Opened and closed before anything is counted: what is made once is there then. */
const WARM_UP_SESSIONS = 500
const PING_INTERVAL_MS = 20_000
/** Pings are measured at this interval, and their cost divided by how much shorter it is. */
const SHORT_INTERVAL_MS = 2_000
const HEARTBEAT_STRETCHES = 2

const KIB = 1_024

/** Everything that is asked of one kind of session. `beats` says whether its server sends pings. */
async function measureSessions ({ server: script, face, options = {}, beats, rooms = {} }, context) {
  const count = context?.quick ? QUICK_SESSIONS : SESSIONS
  const settings = { secret: newSecret(), pingIntervalMs: beats ? SHORT_INTERVAL_MS : undefined, options }
  return withServer(script, settings, async (server, load) => {
    await warmUp(server, load, face)
    const before = await server.ask('memory')
    await load.ask('open', { face, until: count, ...rooms })
    await expectSessions(server, count)
    // As they are for most of their life: the first heartbeat is over.
    if (beats) await sleep(SHORT_INTERVAL_MS * 1.2)
    const after = await server.ask('memory')
    const each = (name) => (after[name] - before[name]) / count / KIB
    return { held: each('held'), rss: each('rss'), heartbeats: beats ? await heartbeats(server) : null }
  })
}

async function warmUp (server, load, face) {
  await load.ask('open', { face, until: WARM_UP_SESSIONS })
  await server.ask('endAll')
  await load.ask('close')
  while (await server.ask('links') + await server.ask('sessions') > 0) await sleep(10)
}

async function expectSessions (server, count) {
  const there = await server.ask('sessions')
  if (there !== count) throw new Error(`${there} sessions instead of ${count}`)
}

/** Percent of a core that the pings of all sessions take at the usual interval. */
async function heartbeats (server) {
  const [before, startedAt] = [await server.ask('cpu'), performance.now()]
  await sleep(SHORT_INTERVAL_MS * HEARTBEAT_STRETCHES)
  const busyMs = (await server.ask('cpu') - before) / 1_000
  return busyMs / (performance.now() - startedAt) * 100 * SHORT_INTERVAL_MS / PING_INTERVAL_MS
}

const pinged = { pingIntervalMs: SHORT_INTERVAL_MS }
const SUBJECTS = [
  { key: 'ws', role: 'limit', name: 'ws, nothing on top', server: 'ws', face: 'ws', beats: true },
  { key: 'fastify-websocket', role: 'peer', name: '@fastify/websocket, nothing on top', server: 'fastify-websocket', face: 'ws' },
  { key: 'socket.io', role: 'peer', name: 'Socket.IO', server: 'socket.io', face: 'socket.io', options: { pingInterval: SHORT_INTERVAL_MS }, beats: true },
  { key: 'mse-websocket', role: 'ours', name: 'WebSocket', server: 'mse', face: 'mse.v1', options: pinged, beats: true },
  { key: 'mse-resume', role: 'ours', name: 'WebSocket that can resume', server: 'mse', face: 'mse.v1.resume', options: pinged, beats: true },
  { key: 'mse-room', role: 'ours', name: 'WebSocket, in rooms of 8', server: 'mse', face: 'mse.v1', options: pinged, beats: true, rooms: { roomSize: 8 } },
  { key: 'node-events', role: 'limit', name: 'node:http stream, nothing on top', server: 'node-events', face: 'stream', isHttp: true },
  { key: 'mse-events', role: 'ours', name: 'events', server: 'mse', face: 'events', isHttp: true },
  { key: 'mse-poll', role: 'ours', name: 'poll', server: 'mse', face: 'poll', isHttp: true }
]

/** @returns the cases of one subject: memory by two measures, and its heartbeats where it has any */
function casesOf (subject) {
  const shared = new Shared((context) => measureSessions(subject, context))
  const of = (what, unit, name) => ({
    id: `memory-${subject.key}-${what}`,
    group: what === 'heartbeats' ? 'heartbeats' : subject.isHttp ? `memory-http-${what}` : `memory-${what}`,
    name,
    role: subject.role,
    unit,
    higherIsBetter: false,
    rounds: 1,
    run: async (context) => (await shared.ask(what, context))[what]
  })
  return [
    of('held', 'KB', subject.name),
    of('rss', 'KB', subject.name),
    ...(subject.beats ? [of('heartbeats', '% of a core', subject.name)] : [])
  ]
}

export const memoryCases = SUBJECTS.flatMap(casesOf)
