// Does a message cost more when more sessions are open, or when more members are in the room?
import { newSecret } from '../token.js'
import { withServer } from './processes.js'
import { point } from './statistics.js'

const OPEN_SESSIONS = [100, 500, 2_000, 8_000]
const ROOM_SIZES = [2, 10, 30, 100, 300, 1_000]
/** So many of the sessions talk, whatever the others do. */
const TALKERS = 50
const IN_FLIGHT = 16
/** Measurements of each point, and the messages of each. */
const STRETCHES = 7
const MESSAGES = 16_000
/** A ping of ours costs 2 µs: a stretch of fewer would be over before the garbage of one is collected. */
const PINGS = 64_000
/** As long. */
const DELIVERIES = 48_000
const WARM_UP_MESSAGES = 80_000

const SERVERS = {
  ws: { role: 'limit', name: 'ws + JSON', script: 'ws', face: 'ws' },
  mse: { role: 'ours', name: 'WebSocket', script: 'mse', face: 'mse.v1' }
}

/** Microseconds of the server's CPU for each of the messages of one stretch. */
async function costOf (server, messages, stretch) {
  const before = await server.ask('cpu')
  await stretch(messages)
  return (await server.ask('cpu') - before) / messages
}

const pings = (load) => (requests) => load.ask('ping', { talkers: TALKERS, inFlight: IN_FLIGHT, requests })

/** Notifications to a room of so many members, each in a turn of its own. */
const deliveries = (server, load, size) => async (count) => {
  await load.ask('listen', { listeners: size })
  await server.ask('notify', { room: 'busy', size, times: count / size })
  await load.ask('awaitPushed', { count })
}

async function costs (server, messages, stretch) {
  const values = []
  for (let times = 0; times < STRETCHES; times++) values.push(await costOf(server, messages, stretch))
  return values
}

/**
 * The cost of a message at each size.
 * @param messages of each stretch, at the least
 * @param stretchFor what is measured at a size
 */
async function series ({ script, face }, sizes, busy, messages, stretchFor) {
  return withServer(script, { secret: newSecret() }, async (server, load) => {
    const points = []
    for (const size of sizes) {
      await load.ask('open', { face, until: size, busy })
      // What the handshakes left behind is nobody's cost.
      await server.ask('memory')
      const { stretch, members } = stretchFor(server, load, size)
      const whole = (count) => Math.ceil(count / members) * members
      if (points.length === 0) await stretch(whole(WARM_UP_MESSAGES))
      points.push(point(size, await costs(server, whole(messages), stretch)))
    }
    return points
  })
}

const sizesFor = (sizes, context) => context?.quick ? sizes.slice(0, 3) : sizes

/** What grows, and what is measured meanwhile. */
const GROWTHS = [
  {
    key: 'ping',
    title: 'a ping answered, by open sessions',
    run: (server, context) => series(server, sizesFor(OPEN_SESSIONS, context), TALKERS, server === SERVERS.mse ? PINGS : MESSAGES, (_server, load) => ({ stretch: pings(load), members: 1 }))
  },
  {
    key: 'delivery',
    // Dearer than a ping, and so more of a minute in which the machine is slow: by rounds.
    rounds: 3,
    title: 'a delivery in a room of 50, by open sessions',
    run: (server, context) => series(server, sizesFor(OPEN_SESSIONS, context), TALKERS, server === SERVERS.mse ? DELIVERIES : MESSAGES, (child, load) => ({ stretch: deliveries(child, load, TALKERS), members: TALKERS }))
  },
  {
    key: 'room',
    title: 'a delivery, by members of the room',
    run: (server, context) => series(server, sizesFor(ROOM_SIZES, context), 1_000, MESSAGES, (child, load, size) => ({ stretch: deliveries(child, load, size), members: size }))
  }
]

export const growthCases = GROWTHS.flatMap(({ key, title, run, rounds = 1 }) => Object.entries(SERVERS).map(([server, subject]) => ({
  id: `growth-${key}-${server}`,
  group: `growth-${key}`,
  name: `${subject.name}: ${title}`,
  role: subject.role,
  unit: 'µs of CPU',
  higherIsBetter: false,
  rounds: server === 'mse' ? rounds : 1,
  run: (context) => run(subject, context)
})))
