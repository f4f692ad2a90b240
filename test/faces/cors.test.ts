import Fastify from 'fastify'
import fastifyCors from '@fastify/cors'
import t, { type Test } from 'tap'
import { type MseOptions, mse } from '../../index.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

const PAGE = 'https://app.example'

async function openServer (t: Test, options: Partial<MseOptions>, before?: (app: ReturnType<typeof Fastify>) => Promise<unknown>) {
  const app = Fastify()
  t.teardown(() => app.close())
  await before?.(app)
  await app.register(mse, { jwt: { secret: TEST_SECRET }, ...options })
  return app
}

const preflight = { method: 'OPTIONS', url: '/mse', headers: { origin: PAGE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'mse-session' } } as const
const auth = { jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken({ userId: 'ana', roomId: 'r1' }), version: '1.0' } }
const call = { method: 'POST', url: '/mse', headers: { origin: PAGE, 'content-type': 'application/json' }, payload: JSON.stringify(auth) } as const

t.test('answers a preflight of an allowed origin, and shows the page our headers', async (t) => {
  const app = await openServer(t, { allowedOrigins: [PAGE] })
  const allowed = await app.inject(preflight)
  t.equal(allowed.statusCode, 204)
  t.equal(allowed.headers['access-control-allow-origin'], PAGE)
  t.match(allowed.headers['access-control-allow-headers'], /Mse-Session/)
  const answer = await app.inject(call)
  t.equal(answer.headers['access-control-allow-origin'], PAGE)
  t.match(answer.headers['access-control-expose-headers'], /Mse-Session/)
  t.match(answer.headers.vary, /Origin/)
  t.equal(answer.headers['access-control-allow-credentials'], undefined)
  t.type(answer.headers['mse-session'], 'string')
})

t.test('tells a page of another origin nothing', async (t) => {
  const app = await openServer(t, { allowedOrigins: [PAGE] })
  for (const request of [preflight, call]) {
    const refused = await app.inject({ ...request, headers: { ...request.headers, origin: 'https://evil.example' } })
    t.equal(refused.statusCode, 403)
    t.equal(refused.headers['access-control-allow-origin'], undefined)
  }
})

t.test('knows no preflight while no other origin is allowed', async (t) => {
  const app = await openServer(t, {})
  t.equal((await app.inject({ ...preflight, headers: {} })).statusCode, 405)
})

t.test('lives beside the CORS of the app, whichever comes first', async (t) => {
  const before = await openServer(t, { allowedOrigins: [PAGE] }, async (app) => app.register(fastifyCors, { origin: [PAGE] }))
  const answer = await before.inject(call)
  t.equal(answer.headers['access-control-allow-origin'], PAGE)
  t.match(answer.headers['access-control-expose-headers'], /Mse-Session/)
  const after = await openServer(t, { allowedOrigins: [PAGE] })
  await after.register(fastifyCors, { origin: ['https://other.example'] })
  t.equal((await after.inject(call)).headers['access-control-allow-origin'], PAGE)
})

t.test('leaves the app its parsers, its error handler and its answer to the unknown', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.setErrorHandler((_error, _request, reply) => reply.code(418).send('the app\'s own'))
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('not here'))
  await app.register(mse, { jwt: { secret: TEST_SECRET } })
  app.post('/own', async (request) => request.body)
  t.same((await app.inject({ method: 'POST', url: '/own', payload: { a: 1 } })).json(), { a: 1 })
  t.equal((await app.inject({ method: 'POST', url: '/own', headers: { 'content-type': 'application/json' }, payload: '{bad' })).body, 'the app\'s own')
  t.equal((await app.inject({ method: 'POST', url: '/own', headers: { 'content-type': 'text/plain' }, payload: 'text' })).body, 'text')
  t.equal((await app.inject('/nowhere')).body, 'not here')
})
