/** The configurations in docs/proxies, run by the real proxies; and a proxy that holds every answer back until it is whole. */
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { mse } from '../../plugins/mse.ts'
import { startHaproxy, startNginx } from '../helpers/real-proxy.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

async function openServer (t: Test): Promise<number> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET } })
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

async function post (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ jsonrpc: '2.0', ...body }) })
}

/** A session over POST. */
async function enter (url: string): Promise<Record<string, string>> {
  const answer = await post(url, { id: 1, method: 'auth', params: { token: makeToken({ userId: 'ana', roomId: 'r1' }), version: '1.0' } })
  return { 'mse-session': answer.headers.get('mse-session') ?? '' }
}

async function walkWebSocket (t: Test, url: string): Promise<void> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  const frame = new Promise<string>((resolve, reject) => {
    socket.once('message', (data) => resolve(String(data)))
    socket.once('error', reject)
  })
  socket.once('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"ping"}'))
  t.match(await frame, /pong/, 'WebSocket: a ping is answered')
  socket.terminate()
}

async function walkEvents (t: Test, url: string): Promise<void> {
  const session = await enter(url)
  const abort = new AbortController()
  const stream = await fetch(url, { headers: { accept: 'text/event-stream', ...session }, signal: abort.signal })
  const reader = (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  t.match((await reader.read()).value, /event: open/, 'events: the stream opens while it goes on')
  await post(url, { id: 7, method: 'ping' }, { ...session, prefer: 'respond-async' })
  t.match((await reader.read()).value, /"id":7/, 'events: a message arrives while the stream goes on')
  abort.abort()
}

async function walkPoll (t: Test, url: string): Promise<void> {
  const session = await enter(url)
  // The first poll waits, the second takes over and the first ends empty: both are answers that came through.
  const waiting = fetch(url, { headers: { accept: 'application/json', ...session } })
  for (;;) {
    const answer = await post(url, { id: 7, method: 'ping' }, { ...session, prefer: 'respond-async' })
    if (answer.status === 202) break
  }
  t.match(await (await waiting).text(), /"id":7/, 'poll: a message arrives')
}

t.test('nginx with its default buffering carries WebSocket, events at once and poll', async (t) => {
  const port = await startNginx(t, await openServer(t))
  if (port === undefined) return
  const url = `http://127.0.0.1:${port}/mse`
  await walkWebSocket(t, url)
  await walkEvents(t, url)
  await walkPoll(t, url)
})

t.test('HAProxy carries WebSocket, events at once and poll', async (t) => {
  const port = await startHaproxy(t, await openServer(t))
  if (port === undefined) return
  const url = `http://127.0.0.1:${port}/mse`
  await walkWebSocket(t, url)
  await walkEvents(t, url)
  await walkPoll(t, url)
})

t.test('a proxy that holds every answer back carries poll, and shows no event of a stream', async (t) => {
  const app = await openServer(t)
  const proxy = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/', headers } = incoming
    const upstream = httpRequest({ host: '127.0.0.1', port: app, method, path, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const body = Buffer.concat(chunks)
        const { 'transfer-encoding': _chunked, ...rest } = answer.headers
        outgoing.writeHead(answer.statusCode ?? 502, { ...rest, 'content-length': body.length }).end(body)
      })
    })
    incoming.pipe(upstream)
    outgoing.on('close', () => upstream.destroy())
    upstream.on('error', () => outgoing.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  t.teardown(() => { proxy.closeAllConnections(); proxy.close() })
  await new Promise((resolve) => proxy.once('listening', resolve))
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mse`
  const session = await enter(url)
  const abort = new AbortController()
  let opened = false
  const held = fetch(url, { headers: { accept: 'text/event-stream', ...session }, signal: abort.signal }).then(() => { opened = true }, () => {})
  await walkPoll(t, url)
  t.equal(opened, false, 'the stream is held back for as long as it goes on')
  abort.abort()
  await held
})
