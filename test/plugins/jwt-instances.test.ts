import t from 'tap'
import { once } from 'node:events'
import jwt from '@fastify/jwt'
import Fastify from 'fastify'
import { WebSocket } from 'ws'
import { mse } from '../../plugins/mse.ts'
import { makeToken, TEST_SECRET } from '../helpers/tokens.ts'

const auth = async (url: string, token: string): Promise<unknown> => {
  const socket = new WebSocket(url.replace('http', 'ws'))
  await once(socket, 'open')
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token, version: '1.0' } }))
  const [data] = await once(socket, 'message')
  socket.terminate()
  return JSON.parse(String(data))
}
const ACCEPTED = { result: 'authenticated' }
const REFUSED = { error: { code: -4001, message: 'Authorization Failed' } }

t.test('lets instances with keys of their own live beside the @fastify/jwt of the host', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const secrets = { host: `${TEST_SECRET} host`, first: `${TEST_SECRET} first`, second: `${TEST_SECRET} second` }
  await app.register(jwt, { secret: secrets.host })
  await app.register(mse, { name: 'plain', prefix: '/host' })
  await app.register(mse, { name: 'first', prefix: '/first', jwt: { secret: secrets.first } })
  await app.register(mse, { name: 'second', prefix: '/second', jwt: { secret: secrets.second } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const instance of ['host', 'first', 'second'] as const) {
    for (const issuer of ['host', 'first', 'second'] as const) {
      t.match(await auth(`${url}/${instance}/mse`, makeToken({}, secrets[issuer])), instance === issuer ? ACCEPTED : REFUSED, `${issuer}'s token at ${instance}`)
    }
  }
})

t.test('gives one answer to every bad token, whatever is wrong with it', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET, audience: 'mse' } })
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/mse`
  t.match(await auth(url, makeToken({ aud: 'mse' })), ACCEPTED)
  const bad = [makeToken(), makeToken({ aud: 'mse', exp: 1 }), makeToken({ aud: 'mse', userId: '' }), makeToken({ aud: 'mse' }, `${TEST_SECRET}!`), 'x', 'x'.repeat(8_193), '']
  for (const token of bad) t.strictSame(await auth(url, token), { jsonrpc: '2.0', id: 1, ...REFUSED }, token.slice(0, 12))
})

t.test('refuses to boot without a key, or with a weak one in production', async (t) => {
  const boot = async (options: object): Promise<void> => { await Fastify().register(mse, options) }
  await t.rejects(boot({}), { code: 'MSE_ERR_NO_KEY' })
  await t.rejects(boot({ jwt: { secret: 'hunter2' } }), { code: 'MSE_ERR_WEAK_KEY' })
})
