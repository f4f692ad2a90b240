/** A client that stops reading: what it costs, what the others notice, and what it gets when it comes back. */
import type { Socket } from 'node:net'
import t from 'tap'
import { WebSocket } from 'ws'
import type { Session } from '../../index.ts'
import { makeToken } from '../helpers/tokens.ts'
import { join, portOf, startApp } from '../helpers/websocket-client.ts'

interface Resumable { readonly socket: WebSocket, readonly session: string, readonly epoch: string }

const TEXT = 'x'.repeat(8_000)

function connect (port: number, first: object, onText: (frame: { id?: unknown, method?: string, params?: { message?: string } & Record<string, unknown>, result?: unknown }) => void): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mse`, ['mse.v1.resume'])
  socket.on('error', () => {})
  socket.on('open', () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'first', ...first })))
  socket.on('message', (data) => onText(JSON.parse(String(data))))
  return socket
}

t.test('costs less than 2 MiB, is closed with 4000, delays nobody, and loses nothing', async (t) => {
  const app = await startApp(t, { messagesPerSecond: 1e9, messageBurst: 1_000_000_000, closeTimeoutMs: 30_000 })
  const sockets: Socket[] = []
  app.server.on('connection', (socket: Socket) => sockets.push(socket))
  const port = portOf(app)
  let count = 0
  const slow = await new Promise<Resumable>((resolve) => {
    const socket = connect(port, { method: 'auth', params: { token: makeToken({ userId: 'slow' }), version: '1.0' } }, ({ method, params }) => {
      if (method === 'chat') count++
      if (method === '$/session') resolve({ socket, session: String(params?.session), epoch: String(params?.epoch) })
    })
  })
  const session = app.mse.sessions.get(slow.session) as Session
  const sender = await join(app, { userId: 'sender' })
  const other = await join(app, { userId: 'other' })
  slow.socket.pause()
  const heapBefore = process.memoryUsage().heapUsed
  let ended = 0
  app.mse.on('ended', () => { ended++ })
  let sent = 0
  let most = 0
  const waits: number[] = []
  // Into the kernel's buffers first, then into ours, until the server lets go of the link.
  while (session.transport !== 'none') {
    const startedAt = performance.now()
    sender.send({ jsonrpc: '2.0', id: null, method: 'chat', params: { to: [], message: `${++sent} ${TEXT}` } })
    await other.next()
    waits.push(performance.now() - startedAt)
    most = Math.max(most, session.record.outbox.bytes + (sockets[0]?.writableLength ?? 0))
  }
  t.ok(most < 2 * 1_048_576, `${most} bytes in the outbox and the socket at the most`)
  waits.sort((a, b) => a - b)
  t.comment(JSON.stringify({ sent, most, heapGrowth: process.memoryUsage().heapUsed - heapBefore, medianMs: waits[waits.length >> 1], worstMs: waits.at(-1) }))
  t.equal(session.ended, null)
  const code = new Promise<number>((resolve) => { slow.socket.on('close', resolve) })
  slow.socket.resume()
  t.equal(await code, 4000)
  // The kernel may have had room for everything; what comes now has to wait for the client in any case.
  for (let n = 0; n < 20; n++) {
    sender.send({ jsonrpc: '2.0', id: null, method: 'chat', params: { to: [], message: `${++sent} ${TEXT}` } })
    await other.next()
  }
  const numbers: number[] = []
  await new Promise<void>((resolve) => {
    const socket = connect(port, { method: '$/resume', params: { session: slow.session, epoch: slow.epoch, received: count } }, ({ params }) => {
      if (params?.message === undefined) return
      numbers.push(Number(params.message.split(' ')[0]))
      if (numbers.length % 8 === 0) socket.send(JSON.stringify({ jsonrpc: '2.0', method: '$/ack', params: { received: count + numbers.length } }))
      if (numbers.at(-1) === sent) resolve()
    })
    t.teardown(() => socket.terminate())
  })
  t.strictSame(numbers, Array.from({ length: sent - count }, (_, place) => count + 1 + place), 'everything that it had not read, in order')
  t.equal(ended, 0, 'no session ended')
})
