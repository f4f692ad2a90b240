// The embedded engine: what a forwarded stream costs, and what becomes of the others when too many want in.
import { setTimeout as sleep } from 'node:timers/promises'
import { newSecret } from '../token.js'
import { PACKETS_PER_FRAME } from './load/stream.js'
import { withServer } from './processes.js'
import { Shared } from './shared.js'
import { point } from './statistics.js'

const RECEIVERS = [25, 50, 100]
/** Of each round, for the most receivers; the median is the cost. The others make a line. */
const STRETCHES = 3
const STRETCH_MS = 1_500
const RUN_IN_MS = 1_000
const SETTLE_MS = 500
/** While those who are in are shown each other, and while others ask to be let in. */
const CROWD_MS = 2_000
/** Enough to fill the engine's own limit of 150 forwarded streams: twelve who all see each other have 132. */
const PUBLISHERS = 30

const withMedia = (script, settings, task) => withServer(script, { secret: newSecret(), ...settings }, task, ['--expose-gc'], 'load/media.js')

/** CPU of the server in percent of a core, and Mbps that arrived, over one stretch. */
async function stretch (server, load) {
  const [cpuBefore, before, startedAt] = [await server.ask('cpu'), await load.ask('received'), performance.now()]
  await sleep(STRETCH_MS)
  const [cpu, after, ms] = [await server.ask('cpu'), await load.ask('received'), performance.now() - startedAt]
  return {
    percent: (cpu - cpuBefore) / 1_000 / ms * 100,
    mbps: (after.bytes - before.bytes) * 8 / 1_000 / ms
  }
}

async function percentPerMbps (server, load, stretches = STRETCHES) {
  const values = []
  for (let times = 0; times < stretches; times++) {
    const { percent, mbps } = await stretch(server, load)
    values.push(percent / mbps)
  }
  return values
}

/** One publisher of 1 Mbps, more and more receivers. */
async function fanOut (context) {
  return withMedia('media', { engine: { maxForwards: 1e6, maxStreams: 1_000 } }, async (server, load) => {
    await load.ask('join', { userId: 'publisher', roomId: 'room', publishes: true })
    const points = []
    for (const receivers of context?.quick ? RECEIVERS.slice(0, 1) : RECEIVERS) {
      await load.ask('joinViewers', { until: receivers + 1, roomId: 'room' })
      if (points.length === 0) await load.ask('stopDecrypting')
      await sleep(RUN_IN_MS)
      points.push(point(receivers, await percentPerMbps(server, load, receivers === RECEIVERS.at(-1) ? STRETCHES : 1)))
    }
    return points
  })
}

/** The same packets from bare sockets. */
async function bareUdp (context) {
  return withMedia('udp', {}, async (server, load) => {
    const count = context?.quick ? RECEIVERS[0] : RECEIVERS.at(-1)
    await server.ask('receive', { ports: await load.ask('receiveDatagrams', { count }) })
    await sleep(RUN_IN_MS)
    return point(count, await percentPerMbps(server, load)).y
  })
}

/** The same stream from werift's own peer connections. */
async function ownConnections (context) {
  return withMedia('werift', {}, async (server, load) => {
    const count = context?.quick ? RECEIVERS[0] : RECEIVERS.at(-1)
    for (let receiver = 0; receiver < count; receiver++) {
      const { id, sdp } = await server.ask('offer')
      await server.ask('answered', { id, sdp: await load.ask('answer', { sdp }) })
      await load.ask('lastReceives')
    }
    await load.ask('stopDecrypting')
    await sleep(RUN_IN_MS)
    return point(count, await percentPerMbps(server, load)).y
  })
}

/** Percent of the packets that arrive for those who are in, while others are refused all the time. */
async function admission () {
  return withMedia('media', {}, async (server, load) => {
    const { taken, refusals } = await load.ask('joinPublishers', { count: PUBLISHERS, roomId: 'room' })
    checkRefusals(refusals)
    await load.ask('stopDecrypting')
    // Everybody is shown everybody by then.
    await sleep(CROWD_MS)
    const before = await countStill(load)
    await load.ask('pause', false)
    await load.ask('knock', { roomId: 'room', ms: CROWD_MS })
    const after = await countStill(load)
    return (after.packets - before.packets) / ((after.frames - before.frames) * PACKETS_PER_FRAME * (taken - 1)) * 100
  })
}

/** What has come in when nothing is on its way. */
async function countStill (load) {
  await load.ask('pause', true)
  await sleep(SETTLE_MS)
  return load.ask('received')
}

function checkRefusals (refusals) {
  if (refusals.length === 0) throw new Error('nobody was refused')
  for (const { code, data } of refusals) {
    if (code !== -7001 || !(data?.retryAfterMs > 0)) throw new Error(`refused with ${code} ${JSON.stringify(data)}`)
  }
}

const shared = new Shared(fanOut)
/** More than one: what it costs depends on what else the machine does in those minutes. */
const common = { role: 'ours', higherIsBetter: false, rounds: 2 }

export const mediaCases = [
  {
    ...common,
    id: 'media-udp',
    group: 'media',
    name: 'UDP and AES-GCM alone, no protocol',
    role: 'limit',
    unit: '% of a core per Mbps',
    run: bareUdp
  },
  {
    ...common,
    id: 'media-werift',
    group: 'media',
    name: 'werift, a peer connection for each receiver',
    role: 'peer',
    rounds: 1,
    unit: '% of a core per Mbps',
    run: ownConnections
  },
  {
    ...common,
    id: 'media-fan-out',
    group: 'media',
    name: 'embedded engine, 1 Mbps to 100 receivers',
    unit: '% of a core per Mbps',
    run: async (context) => (await shared.ask('value', context)).at(-1).y
  },
  {
    ...common,
    id: 'media-growth',
    group: 'media-growth',
    name: 'embedded engine: 1 Mbps forwarded, by receivers',
    unit: '% of a core per Mbps',
    run: (context) => shared.ask('points', context)
  },
  {
    ...common,
    id: 'media-admission',
    rounds: 1,
    group: 'media-admission',
    name: 'packets that arrive at the engine\'s limit, while joins are refused',
    unit: '% of the packets',
    higherIsBetter: true,
    run: admission
  }
]
