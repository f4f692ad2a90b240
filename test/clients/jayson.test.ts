/** jayson's HTTP client as it is: one POST a call, the session in a header. */
import Fastify from 'fastify'
import jayson from 'jayson'
import t, { type Test } from 'tap'
import { mse } from '../../plugins/mse.ts'
import { RecordingEngine } from '../../lib/testing/index.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

interface Answer { readonly result?: unknown, readonly error?: { readonly code: number } }

async function openServer (t: Test): Promise<string> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET }, engine: new RecordingEngine(), environment: 'development' })
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/mse`
}

/** A client with headers of its own; jayson takes them with the URL. */
function clientOf (url: string, headers: Record<string, string> = {}) {
  const { hostname, port, pathname } = new URL(url)
  const client = jayson.Client.http({ hostname, port: Number(port), path: pathname, headers })
  let session = ''
  client.on('http response', (response: { headers: Record<string, string> }) => { session = response.headers['mse-session'] ?? '' })
  const call = (method: string, params: object = {}): Promise<Answer> => new Promise((resolve, reject) => {
    client.request(method, params, (error: unknown, answer: Answer) => error === null || error === undefined ? resolve(answer) : reject(error))
  })
  const tell = (method: string, params: object): Promise<void> => new Promise((resolve, reject) => {
    client.request(method, params, null, (error: unknown) => error === null || error === undefined ? resolve() : reject(error))
  })
  return { call, tell, sessionId: () => session }
}

t.test('walks from ping to disconnect, with the session in a header', async (t) => {
  const url = await openServer(t)
  const first = clientOf(url)
  t.match(await first.call('ping'), { result: 'pong' })
  t.match(await first.call('start'), { error: { code: -5001 } })
  t.match(await first.call('auth', { token: makeToken({ userId: 'ana', roomId: 'r1' }), version: '1.0' }), { result: 'authenticated' })
  const { call, tell } = clientOf(url, { 'mse-session': first.sessionId() })
  t.match(await call('whoami'), { result: { userId: 'ana' } })
  t.match(await call('start'), { result: 'started' })
  await tell('chat', { to: [], message: 'hello' })
  t.match(await call('nope'), { error: { code: -32601 } })
  await tell('disconnect', {})
  // It takes the status for the fault and gives the body, -5001, as the error's text.
  await t.rejects(call('whoami'), { code: 404, message: /-5001/ }, 'the session is over')
})

t.test('is let in by a bearer with its first call', async (t) => {
  const url = await openServer(t)
  const { call } = clientOf(url, { authorization: `Bearer ${makeToken({ userId: 'ana', roomId: 'r1' })}` })
  t.match(await call('whoami'), { result: { userId: 'ana' } })
})
