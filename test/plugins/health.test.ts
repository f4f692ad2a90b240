import { once } from 'node:events'
import { request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { MseOptions } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { join, portOf, startApp } from '../helpers/websocket-client.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** fetch decides itself what it says as Host and Origin. */
async function ask (app: FastifyInstance, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port: portOf(app), path, method, headers: { connection: 'close', ...headers } }).end()
  const [response] = await once(asked, 'response')
  let body = ''
  for await (const part of response.setEncoding('utf8')) body += part
  return { status: response.statusCode, headers: response.headers, body }
}

async function startFrozen (t: Test, options: MseOptions = {}) {
  const clock = new FakeClock(Date.now() + 60_000)
  const app = await startApp(t, { clock, pingIntervalMs: 1e12, ...options })
  return { app, clock }
}

const PASS = { status: 200, body: '{"status":"pass"}' }
const FAIL = (output: string, retryAfter: string) => ({ status: 503, headers: { 'retry-after': retryAfter }, body: `{"status":"fail","output":"${output}"}` })

t.test('says that it lives and that it is ready, and nothing else', async (t) => {
  const { app } = await startFrozen(t, { engine: new RecordingEngine() })
  for (const path of ['/mse/health', '/mse/ready']) {
    const answer = await ask(app, path)
    t.match(answer, { ...PASS, headers: { 'content-type': 'application/health+json', 'cache-control': 'no-store' } })
    t.strictSame(Object.keys(answer.headers).sort(), ['cache-control', 'connection', 'content-length', 'content-type', 'date'])
    t.match(await ask(app, path, {}, 'HEAD'), { status: 200, headers: { 'cache-control': 'no-store', 'content-length': '17' }, body: '' })
    t.match(await ask(app, path, {}, 'POST'), { status: 404 })
  }
})

t.test('answers whoever asks, whatever host and origin they name', async (t) => {
  const { app } = await startFrozen(t, { allowedHosts: ['a.example'] })
  for (const headers of [{ host: '10.0.0.7' }, { host: 'a.example' }, { host: 'evil.example' }, { host: '' }, { origin: 'https://evil.example' }] as Array<Record<string, string>>) {
    t.match(await ask(app, '/mse/health', headers), PASS, JSON.stringify(headers))
    t.match(await ask(app, '/mse/ready', headers), PASS)
  }
  t.match(await ask(app, '/mse', { host: '10.0.0.7' }), { status: 403 }, 'unlike the endpoint itself')
})

t.test('is ready without an engine, and with a full one', async (t) => {
  const engine = new RecordingEngine()
  engine.maxPeers = 0
  for (const options of [{}, { engine }]) t.match(await ask((await startFrozen(t, options)).app, '/mse/ready'), PASS)
})

t.test('is not ready while the engine is down, and says when to ask again', async (t) => {
  const engine = new RecordingEngine()
  const { app, clock } = await startFrozen(t, { engine })
  engine.open = async () => { throw new Error('password=canary') }
  engine.fail(new Error('password=canary'))
  t.match(await ask(app, '/mse/ready'), FAIL('engine', '1'))
  await clock.advanceAsync(500 + 1_000 + 2_000)
  const answer = await ask(app, '/mse/ready')
  t.match(answer, FAIL('engine', '4'))
  t.notMatch(JSON.stringify(answer), 'canary')
  t.match(await ask(app, '/mse/ready', {}, 'HEAD'), { status: 503, headers: { 'retry-after': '4' }, body: '' })
  t.match(await ask(app, '/mse/health'), PASS, 'a restart of the process would not help')
  engine.open = async () => {}
  await clock.advanceAsync(4_000)
  t.match(await ask(app, '/mse/ready'), PASS)
})

t.test('is not ready while it goes down, but lives', async (t) => {
  const { app, clock } = await startFrozen(t)
  const [first, second] = [await join(app), await join(app)]
  const closing = app.mse.close()
  t.match(await ask(app, '/mse/ready'), FAIL('draining', '2'))
  t.match(await ask(app, '/mse/health'), PASS)
  t.match(await first.closed, { code: 1012 })
  t.match(await second.call('ping'), { result: 'pong' }, 'its turn comes later')
  clock.advance(500)
  await closing
  t.match(await second.closed, { code: 1012 })
  t.match(await ask(app, '/mse/health'), PASS)
})

t.test('follows the path, beside what the app has there itself, and can be taken away', async (t) => {
  for (const [options, path] of [[{ path: '/' }, ''], [{ prefix: '/v1', path: '/signals/' }, '/v1/signals']] as const) {
    const { app } = await startFrozen(t, options)
    t.match(await ask(app, `${path}/health`), PASS)
    t.match(await ask(app, `${path}/ready`), PASS)
  }
  const app = await startApp(t, { health: false }, { before: (app) => app.get('/mse/health', () => 'my own') })
  t.match(await ask(app, '/mse/health'), { status: 200, body: 'my own' })
  t.match(await ask(app, '/mse/ready'), { status: 404 })
})

t.test('does not fill the log, and answers HEAD in an app that has no such routes', async (t) => {
  const lines: string[] = []
  const app = await startApp(t, {}, { fastify: { exposeHeadRoutes: false, logger: { stream: { write: (line: string) => { lines.push(line) } } } } })
  const before = lines.length
  t.match(await ask(app, '/mse/health', {}, 'HEAD'), { status: 200 })
  t.match(await ask(app, '/mse/ready'), PASS)
  t.strictSame(lines.slice(before), [])
})
