/** Two hundred clients and a server that restarts: they come back in their own time, not all at once. In real time, as a server sees it. */
import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { Client } from '../../lib/client/client.ts'
import type { StateEvent } from '../../lib/client/options.ts'
import { createRandom } from '../helpers/fault-proxy.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

const CLIENTS = 200
/** After a drain of a second; long enough for three rounds of attempts. */
const AWAY_MS = 2_000
const SECOND = 1_000
/** The client's own shortest pause. */
const MIN_MS = 500
/** Not its 20 s: only the last few would take so long, and the test with them. */
const MAX_MS = 4_000

/** A port in front of the server that notes when somebody connects. */
async function startCounter (t: Test, port: number) {
  const arrivals: number[] = []
  const place = { port }
  const listener = createServer((client: Socket) => {
    arrivals.push(Date.now())
    const server = connect({ host: '127.0.0.1', port: place.port })
    for (const [from, to] of [[client, server], [server, client]] as const) {
      from.on('error', () => {}).on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening')
  t.teardown(() => listener.close())
  return { arrivals, place, url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/mse` }
}

/** How long a client that has failed so often pauses on average. */
const meanPauseMs = (failures: number): number => (MIN_MS + Math.min(MAX_MS, MIN_MS * 2 ** (failures + 1))) / 2

/** When one client has begun which pause, the first of them with 0 failures. */
type Pauses = number[]

/** The pauses of this client from now on. */
function watch (client: Client): Pauses {
  const pauses: Pauses = []
  client.on('state', ({ retryInMs }) => { if (retryInMs !== undefined) pauses.push(Date.now()) })
  return pauses
}

/**
 * The fair share of a second: what would come in it if each client asked at random moments, as often as it may on average with so many
 * failures behind it. A client that has got through counts on as it was, or the last ones would be compared with nobody.
 */
function fairShare (all: readonly Pauses[], from: number): number {
  let share = 0
  for (const pauses of all) {
    for (const [failures, begins] of pauses.entries()) {
      const ends = pauses[failures + 1] ?? Infinity
      share += Math.max(0, Math.min(ends, from + SECOND) - Math.max(begins, from)) / meanPauseMs(failures)
    }
  }
  return share
}

function isOpenAgain (client: Client): Promise<void> {
  return new Promise((resolve) => { client.on('state', ({ state }: StateEvent) => { if (state === 'open') resolve() }) })
}

t.test('after a restart no second brings more than one and a half times its fair share of attempts', async (t) => {
  const first = await startApp(t, { drainTimeoutMs: 30_000 }, { fastify: { forceCloseConnections: true } })
  const { arrivals, place, url } = await startCounter(t, portOf(first))
  const random = createRandom(1)
  const clients = Array.from({ length: CLIENTS }, (_, n) => new Client({ url, transports: ['websocket'], getToken: () => makeToken({ userId: `user ${n}` }), WebSocket, random, maxBackoffMs: MAX_MS }))
  t.teardown(() => Promise.all(clients.map((client) => client.close())))
  await Promise.all(clients.map((client) => client.call('ping')))
  const pauses = clients.map(watch)
  const back = clients.map(isOpenAgain)
  arrivals.length = 0
  await first.close()
  const away = new Promise((resolve) => { setTimeout(resolve, AWAY_MS) }) // the restart itself takes time: what comes meanwhile is the question
  place.port = 1
  await away
  const second = await startApp(t, {}, { fastify: { forceCloseConnections: true } })
  place.port = portOf(second)
  await Promise.all(back)
  const startedAt = Math.min(...pauses.flat())
  const seconds = Array.from({ length: Math.ceil((Math.max(...arrivals) - startedAt) / SECOND) }, (_, index) => startedAt + index * SECOND)
  const rows = seconds.map((from) => ({ came: arrivals.filter((at) => at >= from && at < from + SECOND).length, fair: fairShare(pauses, from) }))
  t.comment(rows.map(({ came, fair }, index) => `${index + 1}. second: ${came} attempts, fair share ${Math.round(fair)}`).join('\n'))
  t.strictSame(rows.filter(({ came, fair }) => came > 1.5 * fair), [])
  t.equal(second.mse.sessions.size, CLIENTS, 'and all of them are back')
})
