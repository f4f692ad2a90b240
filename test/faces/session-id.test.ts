/** Whoever knows a session's id can speak for it, and URLs are logged, cached and passed on: it travels in headers and messages alone. */
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { makeToken } from '../helpers/tokens.ts'
import { open, portOf, startApp } from '../helpers/websocket-client.ts'

const NAMES = ['session', 'sessionId', 'session_id', 'mse-session', 'Mse-Session', 'id', 'ticket']
const auth = { jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken(), version: '1.0' } }
/** What only somebody with a session may call. */
const chat = { jsonrpc: '2.0', id: 1, method: 'chat', params: { to: [], message: 'hello' } }

function speak (app: FastifyInstance) {
  const at = (path: string): string => `http://127.0.0.1:${portOf(app)}${path}`
  return {
    post: (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(at(path), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }),
    request: (method: string, path: string, accept = '*/*'): Promise<Response> => fetch(at(path), { method, headers: { accept } })
  }
}

t.test('the server alone chooses the id, of 22 characters, and the epoch, of 8', async (t) => {
  const app = await startApp(t, { drainTimeoutMs: 0 }, { fastify: { forceCloseConnections: true } })
  const { post } = speak(app)
  const answers = [await post('/mse', auth), await post('/mse', auth)]
  const [ids, epochs] = ['mse-session', 'mse-epoch'].map((name) => answers.map(({ headers }) => headers.get(name) ?? ''))
  for (const id of ids ?? []) t.match(id, /^[\w-]{22}$/)
  for (const epoch of epochs ?? []) t.match(epoch, /^[\w-]{8}$/)
  t.equal(new Set([...ids ?? [], ...epochs ?? []]).size, 4, 'new ones each time')
  t.equal((await post('/mse', auth, { 'mse-session': 'c'.repeat(22) })).status, 404, 'not one that a client made up')
  t.equal(app.mse.sessions.size, 2)
})

t.test('no face takes the id from a query or a path', async (t) => {
  // Not looked at for secrets: it writes ids into paths that are the app's own to log.
  const app = await startApp(t, { drainTimeoutMs: 0 }, { fastify: { logger: false, forceCloseConnections: true } })
  const { post, request } = speak(app)
  const id = (await post('/mse', auth)).headers.get('mse-session') ?? ''
  const session = app.mse.sessions.get(id)
  for (const path of [...NAMES.map((name) => `/mse?${name}=${id}`), `/mse?${id}`, `/mse/${id}`, `/mse/session/${id}`]) {
    t.notOk((await request('GET', path, 'text/event-stream')).ok, `${path} is no stream`)
    t.notOk((await request('GET', path, 'application/json')).ok, 'no poll')
    const answer = await (await post(path, chat)).json() as { error?: { code: number } }
    // Below the path nothing is ours: the app itself says that there is nothing.
    if (path.startsWith('/mse?')) t.equal(answer.error?.code, -5001, 'no call')
    else t.match(answer, { statusCode: 404 })
    t.equal((await request('DELETE', path)).status, 404, 'no end')
    if (!path.startsWith('/mse?')) continue
    const client = await open(app, { path, protocols: ['mse.v1.resume'] })
    t.match(await client.call('chat', chat.params), { error: { code: -5001 } }, 'no socket')
    await client.close()
  }
  t.strictSame([session?.ended, session?.transport, app.mse.sessions.size], [null, 'none', 1], 'the session has noticed nothing')
  t.equal((await post('/mse', chat, { 'mse-session': id })).status, 200)
})
