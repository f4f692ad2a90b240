import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { type AppOptions, join, startApp } from '../helpers/websocket-client.ts'

type ServerSocket = Socket & { readonly _httpMessage?: ServerResponse | null }

/** A session on a WebSocket, with the server's end of its socket. */
async function session (t: Test, appOptions: AppOptions = {}): Promise<{ client: Awaited<ReturnType<typeof join>>, socket: ServerSocket }> {
  const app = await startApp(t, {}, appOptions)
  const sockets: ServerSocket[] = []
  app.server.on('connection', (socket: Socket) => { sockets.push(socket) })
  const client = await join(app)
  const [socket] = sockets
  if (socket === undefined) throw new Error('nobody connected')
  return { client, socket }
}

t.test('an open WebSocket holds nothing of its handshake', async (t) => {
  const { client, socket } = await session(t)
  t.equal(socket._httpMessage ?? null, null)
  t.match(await client.call('ping'), { result: 'pong' })
})

t.test('an app that waits for the end of the handshake\'s response hears it when the socket is gone', async (t) => {
  let ends = 0
  const { client, socket } = await session(t, {
    before: (app) => { app.addHook('onRequest', async (_request, reply) => { reply.raw.on('close', () => { ends++ }) }) }
  })
  // A turn after the socket's own, in which the response hears of it.
  const gone = new Promise((resolve) => { socket.on('close', () => setImmediate(resolve)) })
  t.equal(ends, 0)
  await client.close()
  await gone
  t.equal(ends, 1)
})
