/** 91: planted secrets are looked for in all that a server logs and answers; `test/helpers/secrets-watch.ts` does the same in every other test. */
import { createHash } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { defineMethod, mse } from '../../index.ts'
import { refusedToken } from '../../lib/core/refused-token.ts'
import { fingerprint } from '../../lib/util/fingerprint.ts'
import { SecretsWatch } from '../helpers/secrets-watch.ts'
import { TEST_SECRET, forgeToken, makeToken } from '../helpers/tokens.ts'
import { listen, open, portOf } from '../helpers/websocket-client.ts'

const Leak = defineMethod({ name: 'leak' })

interface Planted {
  readonly app: FastifyInstance
  readonly watch: SecretsWatch
  readonly lines: string[]
  post (body: object, headers?: Record<string, string>): Promise<Response>
}

/** An app that logs everything it can, looked at. */
async function plant (t: Test, options: object = {}, logger: FastifyServerOptions['logger'] = {}): Promise<Planted> {
  const watch = new SecretsWatch()
  const lines: string[] = []
  const { stream } = watch.log
  const write = (line: string): void => {
    lines.push(line)
    stream.write(line)
  }
  const app = Fastify({ forceCloseConnections: true, logger: { level: 'trace', stream: { write }, ...(logger as object) } })
  await app.register(mse, { jwt: { secret: TEST_SECRET }, drainTimeoutMs: 0, ...options })
  watch.watch(app)
  app.mse.method(Leak, (_params, { session }) => {
    app.log.info(`the session is ${session.id}`)
    throw new Error(`and its token is ${makeToken()}`)
  })
  await listen(t, app)
  return { app, watch, lines, post: (body, headers = {}) => fetch(`http://127.0.0.1:${portOf(app)}/mse`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }) }
}

const auth = (token: string): object => ({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token, version: '1.0' } })
const WRONG = [makeToken({}, 'another secret of more than thirty-two bytes'), forgeToken({ alg: 'none' }, { userId: 'ada' }), `${makeToken()}x`, makeToken({ exp: 1 }), makeToken({ userId: 7 as never })]

t.test('91: no token, session id or ticket is in a log line, an answer, a header or an error of any face', async (t) => {
  const { app, watch, lines, post } = await plant(t)
  for (const token of WRONG) {
    await post(auth(token))
    await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { authorization: `Bearer ${token}` })
    const client = await open(app)
    await client.call('auth', { token, version: '1.0' }).catch(() => {})
    client.socket.terminate()
    await client.closed
  }
  const minted = await post(auth(makeToken()))
  const session = minted.headers.get('mse-session') ?? ''
  const { result } = await (await post({ jsonrpc: '2.0', id: 2, method: '$/ticket' }, { 'mse-session': session })).json() as { result: { ticket: string } }
  const stream = await fetch(`http://127.0.0.1:${portOf(app)}/mse?ticket=${result.ticket}`, { headers: { accept: 'text/event-stream' } })
  t.equal(stream.status, 200)
  await stream.body?.cancel()
  await post({ jsonrpc: '2.0', id: 3, method: 'nothing' }, { 'mse-session': session })
  t.ok(lines.some((line) => line.includes('incoming request')), 'requests are logged')
  t.ok(lines.some((line) => line.includes('a token was refused')))
  t.strictSame(watch.found, [])
})

t.test('91: what leaks is found: by a handler into the log, by a hook into an answer', async (t) => {
  const { app, watch, post } = await plant(t)
  const session = (await post(auth(makeToken()))).headers.get('mse-session') ?? ''
  await (await post({ jsonrpc: '2.0', id: 2, method: 'leak' }, { 'mse-session': session })).text()
  t.match(watch.found, [/a session id or a ticket in the log/, /a token in the log/])
  watch.found.length = 0
  await app.inject({ url: `/nowhere/${makeToken()}` })
  t.ok(watch.found.some((fault) => fault.startsWith('a token in the answer')), 'the app\'s own 404 repeats its path')
})

t.test('91: the query, where a ticket stands, is not logged; all else of a request is as the app logs it', async (t) => {
  const { lines, post, app } = await plant(t, {}, { serializers: { req: (request: { url: string }) => ({ url: request.url, mine: true }) } })
  await post(auth(makeToken()))
  await fetch(`http://127.0.0.1:${portOf(app)}/mse?ticket=${'t'.repeat(22)}`, { headers: { accept: 'text/event-stream' } })
  const requests = lines.map((line) => JSON.parse(line) as { req?: object }).flatMap(({ req }) => req ?? [])
  t.strictSame(requests, [{ url: '/mse', mine: true }, { url: '/mse', mine: true }])
})

t.test('91: the reason why a token was refused is logged without the token, and not at length', async (t) => {
  const token = makeToken()
  t.equal(refusedToken(new Error(`cannot read ${token}, really: ${token}`), token), 'cannot read <the token>, really: <the token>')
  t.equal(refusedToken(new Error('x'.repeat(1_000)), token).length, 256)
  t.equal(refusedToken(new Error('empty'), ''), 'empty')
  t.equal(refusedToken(token, token), 'unknown', 'what is thrown and no error may be anything')
})

t.test('91: the app\'s own verification may put the token into its error: it reaches neither log nor answer', async (t) => {
  const { watch, lines, post } = await plant(t, { jwt: { verify: (token: string) => { throw new Error(`no: ${token}`) } } })
  const response = await post(auth(makeToken()))
  t.match(await response.json(), { error: { code: -4001 } })
  t.ok(lines.some((line) => line.includes('no: <the token>')))
  t.strictSame(watch.found, [])
})

t.test('91: what stands for a session in a log is the beginning of a hash', async (t) => {
  t.equal(fingerprint('a'.repeat(22)), createHash('sha256').update('a'.repeat(22)).digest('base64url').slice(0, 8))
  t.not(fingerprint('a'.repeat(22)), fingerprint('b'.repeat(22)))
})
