/** A real `mse serve` that is told to end while thousands listen, call, or do not answer. Its own clock ends it with 1 when it takes too long. */
import { once } from 'node:events'
import { request } from 'node:http'
import t, { type Test } from 'tap'
import { type Server, serve } from '../helpers/serve.ts'
import { TEST_SECRET } from '../helpers/tokens.ts'
import { join, startApp } from '../helpers/websocket-client.ts'
import { beMute, gather, listenBySocket, listenByStream } from './crowd.ts'

const SOCKETS = 2_000
const STREAMS = 500
const MUTE = { websocket: 25, stream: 15, half: 10 } as const

t.setTimeout(110_000)

async function start (t: Test, ...flags: string[]): Promise<Server & { port: number }> {
  const server = await serve(t, ['--engine', 'none', '--secret', TEST_SECRET, '--log-level', 'warn', ...flags])
  return { ...server, port: Number(new URL(server.origin).port) }
}

async function ask (origin: string, path: string, method = 'GET', body = '') {
  const asked = request(`${origin}${path}`, { method, headers: { connection: 'close', 'content-type': 'application/json' } }).end(body)
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += part
  return { status: response.statusCode as number, retryAfter: response.headers['retry-after'] as string | undefined, body: text }
}

t.test(`${SOCKETS} WebSockets, ${STREAMS} streams and 50 peers that never answer: all calls are answered, all are told when to come back, and it ends with 0`, { timeout: 100_000 }, async (t) => {
  const { program, origin, port } = await start(t)
  const sockets = await gather(SOCKETS, (index) => listenBySocket(port, `socket-${index}`))
  const streams = await gather(STREAMS, (index) => listenByStream(port, `stream-${index}`))
  const mutes = await Promise.all(Object.entries(MUTE).flatMap(([kind, count]) => Array.from({ length: count }, (_, index) => beMute(port, `${kind}-${index}`, kind as keyof typeof MUTE))))
  t.teardown(() => { for (const mute of mutes) mute.destroy() })
  const listeners = [...sockets, ...streams]

  for (const { ping } of listeners) ping()
  // On a busy machine what was sent may still be on its way; behind it comes this question.
  t.match(await ask(origin, '/mse/health'), { status: 200 })
  const signalledAt = performance.now()
  program.signal('SIGTERM')
  await Promise.race(listeners.map(({ closed }) => closed))
  t.match(await ask(origin, '/mse/ready'), { status: 503, retryAfter: '2', body: '{"status":"fail","output":"draining"}' })
  t.match(await ask(origin, '/mse/health'), { status: 200, body: '{"status":"pass"}' })
  t.match(await ask(origin, '/mse', 'POST', '{"jsonrpc":"2.0","id":1,"method":"ping"}'), { status: 503, retryAfter: '2', body: /-7001/ })

  const { code, stderr } = await program.ended
  await Promise.all(listeners.map(({ closed }) => closed))
  t.comment(`ended ${Math.round(performance.now() - signalledAt)} ms after the signal`)
  t.equal(code, 0, stderr)
  const untold = listeners.filter(({ told }) => told.drainAfterMs === null)
  const unanswered = listeners.filter(({ told }) => told.pongs !== 1)
  t.strictSame([untold.length, unanswered.length], [0, 0], 'everybody is told, every call is answered')
  t.strictSame([...new Set(sockets.map(({ told }) => told.code))], [1012])
  t.strictSame([...new Set(streams.map(({ told }) => told.code))], [0], 'no stream breaks')

  const turns = listeners.map(({ told }) => told.drainAfterMs ?? 0).sort((a, b) => a - b)
  const spreadMs = (SOCKETS + STREAMS + MUTE.websocket + MUTE.stream) * 5
  t.ok((turns.at(-1) ?? 0) > spreadMs * 0.95 && (turns.at(-1) ?? 0) < spreadMs, `the last turn is after ${turns.at(-1)} ms`)
  const inWindow = turns.map((turn, place) => turns.findIndex((later) => later > turn + spreadMs / 10) - place)
  t.ok(Math.max(...inWindow) < listeners.length / 8, 'they do not come back at once')
})

t.test('a second SIGTERM ends it at once, with 143', async (t) => {
  const { program, port } = await start(t)
  const listeners = await gather(10, (index) => listenBySocket(port, `user-${index}`))
  program.signal('SIGTERM')
  await Promise.race(listeners.map(({ closed }) => closed))
  program.signal('SIGTERM')
  t.match(await program.ended, { code: 143, signal: null })
  await Promise.all(listeners.map(({ closed }) => closed))
  t.ok(listeners.some(({ told }) => told.code === 1006), 'nobody has waited for the others')
})

t.test('a request whose body never comes loses its connection before the time is over', async (t) => {
  const { program, port } = await start(t, '--drain-timeout', '2s')
  const mute = await beMute(port, 'ada', 'half')
  t.teardown(() => { mute.destroy() })
  await listenBySocket(port, 'bob')
  program.signal('SIGTERM')
  const { code, stderr } = await program.ended
  t.equal(code, 0, stderr)
  t.match(stderr, /requests are not done yet/)
})

t.test('a call that has come is answered by the session that goes first, though nobody has read it when the end begins', async (t) => {
  const app = await startApp(t)
  const client = await join(app)
  client.send({ jsonrpc: '2.0', id: 'last', method: 'ping' })
  const closing = app.mse.close()
  t.match(await client.next(), { id: 'last', result: 'pong' })
  t.match(await client.closed, { code: 1012 })
  await closing
})
