/** Many clients of a server that restarts: they must not hinder it from coming back. */
import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { createClient } from '../../lib/client/node.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

const CLIENTS = 200
/**
 * What a server that goes down asks for: it spreads the ends of its sessions so that 200 of them may come back in a second (PROTOCOL.md, MSE-DRAIN-2). For 200
 * clients that is a second in which each comes once.
 */
const FAIR_PER_SECOND = 200
const MOST = 1.5 * FAIR_PER_SECOND

/** In front of the server's port, which counts who comes while nobody is there, too. */
async function openCounter (t: Test) {
  const times: number[] = []
  const sockets = new Set<Socket>()
  let port = 0
  const listener = createServer((socket) => {
    times.push(performance.now())
    const server = connect({ host: '127.0.0.1', port })
    for (const [one, other] of [[socket, server], [server, socket]] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    socket.pipe(server).pipe(socket)
  })
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening')
  t.teardown(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
  return { times, port: (listener.address() as AddressInfo).port, leadTo: (to: number) => { port = to } }
}

/** The most that came within any second. */
function busiestSecond (times: readonly number[]): number {
  let most = 0
  for (let from = 0, to = 0; to < times.length; to++) {
    while ((times[to] ?? 0) - (times[from] ?? 0) >= 1_000) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

t.test('200 clients come back to a server that restarts, no more than 300 in any second', async (t) => {
  const app = await startApp(t, { maxSessionsPerUser: CLIENTS })
  const counter = await openCounter(t)
  counter.leadTo(portOf(app))
  const clients = Array.from({ length: CLIENTS }, () => createClient({
    url: `http://127.0.0.1:${counter.port}/mse`, transports: ['websocket'], getToken: () => makeToken({ userId: 'many', roomId: 'r' })
  }))
  t.teardown(() => Promise.all(clients.map((client) => client.close())))
  await Promise.all(clients.map((client) => client.call('ping')))
  const away = new Set(clients.keys())
  let failures = 0
  let wake = (): void => {}
  for (const [index, client] of clients.entries()) {
    client.on('state', ({ state, retryInMs }) => {
      if (retryInMs !== undefined) failures++
      state === 'open' ? away.delete(index) : away.add(index)
      wake()
    })
  }
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => { wake = resolve })
  }
  away.clear()
  counter.times.length = 0
  await app.close()
  await until(() => away.size === CLIENTS)
  // Long enough that each has come in vain, and some more than once.
  await until(() => failures >= 2 * CLIENTS)
  counter.leadTo(portOf(await startApp(t, { maxSessionsPerUser: CLIENTS })))
  await until(() => away.size === 0)
  const most = busiestSecond(counter.times)
  t.comment(`${counter.times.length} attempts of ${CLIENTS} clients, ${most} in the busiest second`)
  t.ok(most <= MOST, `${most} of ${MOST}`)
})
