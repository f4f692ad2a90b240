/** Many clients of one server over real sockets, each as light as can be: what they were told is kept, and nothing else. */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { type Socket, connect } from 'node:net'
import { WebSocket } from 'ws'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'
import { OPCODES, frame } from '../helpers/websocket-client.ts'

/** What a client was told until its end. */
export interface Told {
  /** Answers to `ping`. */
  pongs: number
  /** When it was told to come back; null: it was not. */
  drainAfterMs: number | null
  /** The close code of a WebSocket, 0 for a stream that ended as streams do. */
  code: number | null
}

/** A client that listens. */
export interface Listener {
  readonly told: Told
  readonly closed: Promise<void>
  ping (): void
}

/** So many connect at the same time: a server's queue of connections has 511 places. */
const AT_ONCE = 100

/** Makes `count` clients, some at a time. */
export async function gather<T> (count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  const work = async (): Promise<void> => {
    while (made.length + waiting < count) {
      const index = made.length + waiting++
      const one = await make(index)
      waiting--
      made.push(one)
    }
  }
  let waiting = 0
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return made
}

const authOf = (userId: string): object => ({ jsonrpc: '2.0', id: 0, method: 'auth', params: { token: makeToken({ userId, roomId: userId }, TEST_SECRET), version: '1.0' } })
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

/** A WebSocket that has authenticated and can resume, so that it is told of the end. */
export async function listenBySocket (port: number, userId: string): Promise<Listener> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mse`, ['mse.v1.resume'], { perMessageDeflate: false })
  const told: Told = { pongs: 0, drainAfterMs: null, code: null }
  const closed = once(socket, 'close').then(([code]) => { told.code = code as number })
  await once(socket, 'open')
  socket.send(JSON.stringify(authOf(userId)))
  const [answer] = await once(socket, 'message')
  if (!String(answer).includes('authenticated')) throw new Error(String(answer))
  socket.on('message', (data: Buffer) => {
    const { method, result, params } = JSON.parse(data.toString()) as { method?: string, result?: string, params?: { afterMs: number } }
    if (result === 'pong') told.pongs++
    if (method === '$/drain') told.drainAfterMs = params?.afterMs ?? null
  })
  return { told, closed, ping: () => socket.send(PING) }
}

/** A session by POST, as a client with a stream opens it. */
async function openSession (port: number, userId: string, agent: Agent): Promise<string> {
  const posted = request({ port, agent, host: '127.0.0.1', path: '/mse', method: 'POST', headers: { 'content-type': 'application/json' } }).end(JSON.stringify(authOf(userId)))
  const [response] = await once(posted, 'response')
  response.resume()
  await once(response, 'end')
  return response.headers['mse-session'] as string
}

/** A stream of events, and a connection for its POSTs that is open already. */
export async function listenByStream (port: number, userId: string): Promise<Listener> {
  const agent = new Agent({ keepAlive: true })
  const session = await openSession(port, userId, agent)
  const asked = request({ port, host: '127.0.0.1', path: '/mse', headers: { accept: 'text/event-stream', 'mse-session': session } }).end()
  const [response] = await once(asked, 'response')
  const told: Told = { pongs: 0, drainAfterMs: null, code: null }
  let text = ''
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part
    const [, afterMs] = /event: drain\ndata: \{"afterMs":(\d+)\}\n/.exec(text) ?? []
    if (afterMs !== undefined) told.drainAfterMs = Number(afterMs)
  })
  const closed = once(response, 'end').then(() => {
    agent.destroy()
    told.code = 0
  })
  const ping = (): void => {
    request({ port, agent, host: '127.0.0.1', path: '/mse', method: 'POST', headers: { 'content-type': 'application/json', 'mse-session': session } }, (answer) => {
      answer.setEncoding('utf8').on('data', (part: string) => { if (part.includes('"pong"')) told.pongs++ })
    }).end(PING)
  }
  return { told, closed, ping }
}

const UPGRADE = 'GET /mse HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'

/** A peer that is let in and then neither reads nor writes nor closes: as a WebSocket, a stream of events, or half a request. */
export async function beMute (port: number, userId: string, kind: 'websocket' | 'stream' | 'half'): Promise<Socket> {
  const agent = new Agent()
  const session = kind === 'stream' ? await openSession(port, userId, agent) : ''
  agent.destroy()
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
  await once(socket, 'connect')
  if (kind === 'half') socket.write('POST /mse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
  if (kind === 'stream') socket.write(`GET /mse HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nMse-Session: ${session}\r\n\r\n`)
  if (kind === 'websocket') socket.write(UPGRADE)
  if (kind !== 'half') await once(socket, 'data')
  if (kind === 'websocket') {
    socket.write(frame(OPCODES.text, JSON.stringify(authOf(userId))))
    await once(socket, 'data')
  }
  return socket.pause()
}
