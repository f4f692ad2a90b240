import type { WebSocket } from 'ws'
import type { Clock, Timer } from '../lib/util/clock.ts'
import type { WebSocketTimes } from './options.ts'

/** Pings are spread by so much, so that thousands of sockets that were opened at once are not pinged at once. */
const SPREAD = 0.1

/** Pings a socket and calls `dead` once when no pong comes. @returns a function that stops it */
export function startHeartbeat (socket: WebSocket, clock: Clock, times: WebSocketTimes, dead: () => void): () => void {
  const { pingIntervalMs, pongTimeoutMs } = times
  let timer: Timer
  const rest = (): void => {
    timer = clock.after(pingIntervalMs * (1 - SPREAD + 2 * SPREAD * Math.random()), ask)
  }
  const ask = (): void => {
    if (socket.readyState === socket.OPEN) socket.ping()
    const dueAt = clock.now() + pongTimeoutMs
    // A process that was stopped runs its timers before it reads its sockets: the pong may be waiting there.
    timer = clock.after(pongTimeoutMs, () => { clock.now() - dueAt > pongTimeoutMs ? ask() : dead() })
  }
  const alive = (): void => {
    timer.cancel()
    rest()
  }
  socket.on('pong', alive)
  rest()
  return () => {
    socket.off('pong', alive)
    timer.cancel()
  }
}
