import t from 'tap'
import jwt from '@fastify/jwt'
import Fastify from 'fastify'
import { createAuthenticate } from '../../plugins/jwt.ts'
import { makeToken, TEST_SECRET } from '../helpers/tokens.ts'

t.test('uses the @fastify/jwt of the host when the options bring no key', async (t) => {
  const app = Fastify()
  await app.register(jwt, { secret: TEST_SECRET, verify: { allowedIss: 'us' } })
  for (const options of [undefined, {}]) {
    const authenticate = await createAuthenticate(app, options)
    t.match(authenticate(makeToken({ iss: 'us', role: 'super' })), { userId: 'ada', role: 'super' })
    t.throws(() => authenticate(makeToken({ iss: 'them' })), { code: 'FAST_JWT_INVALID_CLAIM_VALUE' })
    t.throws(() => authenticate(makeToken({ iss: 'us' }, `${TEST_SECRET}!`)), { code: 'FAST_JWT_INVALID_SIGNATURE' })
    t.throws(() => authenticate(makeToken()), { message: 'iss is required' }, 'which the host alone would have taken')
    t.throws(() => authenticate(makeToken({ iss: 'us', exp: undefined })), { message: 'exp is required' }, 'here too')
  }
})

t.test('adds rules of its own to those of the host', async (t) => {
  const app = Fastify()
  await app.register(jwt, { secret: TEST_SECRET })
  const authenticate = await createAuthenticate(app, { audience: 'mse', typ: 'JWT', maxTokenBytes: 512 })
  t.match(authenticate(makeToken({ aud: 'mse' })), { userId: 'ada' })
  t.throws(() => authenticate(makeToken()), { message: 'aud is not allowed' })
  t.throws(() => authenticate('x'.repeat(513)), { message: 'the token is longer than 512 bytes' })
  await t.rejects(createAuthenticate(app, { verify: { allowedAud: 'mse' } } as never), { code: 'MSE_ERR_BAD_JWT_OPTION' }, 'rules of a verifier that is not made')
})

t.test('waits for the key that a host looks up', async (t) => {
  const app = Fastify()
  await app.register(jwt, { secret: async () => TEST_SECRET })
  const authenticate = await createAuthenticate(app, undefined)
  t.match(await authenticate(makeToken()), { userId: 'ada' })
  await t.rejects(Promise.resolve(authenticate(makeToken({}, `${TEST_SECRET}!`))), { code: 'FAST_JWT_INVALID_SIGNATURE' })
})

t.test('refuses every token when the host looks up an empty key', async (t) => {
  const app = Fastify()
  await app.register(jwt, { secret: async () => '' })
  const authenticate = await createAuthenticate(app, undefined)
  for (const secret of ['', TEST_SECRET]) await t.rejects(Promise.resolve(authenticate(makeToken({}, secret))))
})

t.test('leaves the @fastify/jwt of the host alone when the options bring a key', async (t) => {
  const app = Fastify()
  const own = `${TEST_SECRET} of our own`
  await app.register(jwt, { secret: TEST_SECRET })
  const authenticate = await createAuthenticate(app, { secret: own })
  t.match(authenticate(makeToken({}, own)), { userId: 'ada' })
  t.throws(() => authenticate(makeToken()), { code: 'FAST_JWT_INVALID_SIGNATURE' })
  t.match(app.jwt.verify(makeToken()), { userId: 'ada' })
})

t.test('refuses to boot when nothing on the host can verify', async (t) => {
  const bare = Fastify()
  const namespaced = Fastify()
  await namespaced.register(jwt, { secret: TEST_SECRET, namespace: 'admin' })
  const other = Fastify().decorate('jwt', 'something else' as never)
  for (const app of [bare, namespaced, other]) await t.rejects(createAuthenticate(app, undefined), { code: 'MSE_ERR_NO_KEY' })
})

t.test('takes what a function of the application says of a token, claims or identity', async (t) => {
  const app = Fastify()
  const claims = { userId: 'ada', roomId: 'lobby' }
  const asynchronous = await createAuthenticate(app, { verify: async (token) => ({ ...claims, userId: token }) })
  t.match(await asynchronous('grace'), { userId: 'grace', expiresAt: null, role: 'user' })
  const synchronous = await createAuthenticate(app, { verify: () => ({ ...claims, expiresAt: Date.now() + 60_000, role: 'admin' }) })
  t.match(synchronous('any'), { userId: 'ada', role: 'admin' }, 'at once')
})

t.test('refuses what such a function refuses, forgets to answer or lets through too late', async (t) => {
  const app = Fastify()
  const seconds = Math.floor(Date.now() / 1000)
  const verdicts: unknown[] = [undefined, null, true, 'ada', {}, { userId: 'ada' }, { userId: 'ada', roomId: 'lobby', exp: seconds - 60 }, { userId: 'ada', roomId: 'lobby', expiresAt: 5 }]
  for (const verdict of verdicts) {
    const authenticate = await createAuthenticate(app, { verify: async () => verdict as object })
    await t.rejects(Promise.resolve(authenticate('any')), { code: 'MSE_ERR_TOKEN_REFUSED' }, JSON.stringify(verdict))
  }
  const throwing = await createAuthenticate(app, { verify: () => { throw new Error('no') } })
  t.throws(() => throwing('any'), { message: 'no' })
})

t.test('applies rules to the verdict of a function and knows no typ for it', async (t) => {
  const app = Fastify()
  const verify = (): object => ({ userId: 'ada', roomId: 'lobby', iss: 'us' })
  t.match((await createAuthenticate(app, { verify, issuer: 'us' }))('any'), { userId: 'ada' })
  const strict = await createAuthenticate(app, { verify, issuer: 'them' })
  t.throws(() => strict('any'), { message: 'iss is not allowed' })
  await t.rejects(createAuthenticate(app, { verify, secret: TEST_SECRET } as never), { message: /one of them is the key/ })
  for (const extra of [{ typ: 'JWT' }, { secret: TEST_SECRET }, { jwks: 'https://127.0.0.1/' }, { algorithms: ['RS256'] }]) {
    await t.rejects(createAuthenticate(app, { verify, ...extra } as never), { code: 'MSE_ERR_BAD_JWT_OPTION' }, JSON.stringify(extra))
  }
})
