/** A server on a real socket, somebody who has nothing to do with the case, and raw clients that are let in. */
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { MseOptions } from '../../index.ts'
import { type AppOptions, type RawClient, OPCODES, RawClient as Raw, frame, handshake, join, startApp, watchConnections } from '../helpers/websocket-client.ts'
import { makeToken } from '../helpers/tokens.ts'
import { nothingIsAstray } from './stray-errors.ts'

export const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
export const PONG = '{"id":1,"jsonrpc":"2.0","result":"pong"}'

/** Who a raw client is. */
export interface Who {
  /** @default `mallory` in the room of everybody else */
  readonly userId?: string
  /** What it offers. @default nothing */
  readonly protocol?: string
  /** Does it authenticate? @default true */
  readonly authenticates?: boolean
}

/** What a test on a socket works with. */
export interface SocketScene {
  readonly app: FastifyInstance
  /** The server's ends of the connections, oldest first; the bystander's is the first. */
  readonly sockets: readonly Socket[]
  /** A client that writes bytes and never ends its side by itself. */
  enter (who?: Who): Promise<RawClient>
  /** The bystander's answer is there: what its socket brought before has been read, too. */
  bystanderAnswers (): Promise<void>
  /** Somebody else is still served, and whoever came has left neither a session nor a link nor a socket. */
  isAlive (): Promise<void>
}

/** Opens one; everything ends with the test. */
export async function openScene (t: Test, options: MseOptions = {}, appOptions: AppOptions = {}): Promise<SocketScene> {
  const app = await startApp(t, { closeTimeoutMs: 20, ...options }, appOptions)
  const sockets: Socket[] = []
  app.server.on('connection', (socket: Socket) => sockets.push(socket))
  const bystander = await join(app, { userId: 'bystander', roomId: 'elsewhere' })
  const gone = watchConnections(app)
  const clients: RawClient[] = []
  const enter: SocketScene['enter'] = async ({ userId = 'mallory', protocol, authenticates = true } = {}) => {
    const raw = new Raw(app, { stays: true })
    clients.push(raw)
    t.teardown(() => raw.socket.destroy())
    raw.write(handshake(app, protocol === undefined ? {} : { 'Sec-WebSocket-Protocol': protocol }))
    const head = await raw.head()
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(head)
    if (!authenticates) return raw
    raw.write(frame(OPCODES.text, JSON.stringify({ id: 0, method: 'auth', jsonrpc: '2.0', params: { token: makeToken({ userId }), version: '1.0' } })))
    const answer = await textOf(raw)
    if (!answer.includes('"authenticated"')) throw new Error(answer)
    return raw
  }
  const bystanderAnswers = async (): Promise<void> => {
    t.match(await bystander.call('ping'), { result: 'pong' }, 'somebody else has an answer')
  }
  const isAlive = async (): Promise<void> => {
    await bystanderAnswers()
    for (const { socket } of clients) socket.destroy()
    await gone()
    t.strictSame([app.mse.openLinks, app.mse.sessions.size], [1, 1], 'no session and no link is left')
    await nothingIsAstray(t)
    await bystander.close()
  }
  return { app, sockets, enter, bystanderAnswers, isAlive }
}

/** The next frame as text. */
export async function textOf (raw: RawClient): Promise<string> {
  return (await raw.frame()).payload.toString()
}
