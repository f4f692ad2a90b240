import t from 'tap'
import { once } from 'node:events'
import { KeyObject, sign as signInput } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { createAuthenticate } from '../../plugins/jwt.ts'
import type { JwksOptions } from '../../plugins/jwt.ts'
import { forgeToken, hmac, makeToken, TEST_SECRET } from '../helpers/tokens.ts'

/** An issuer whose keys, and whose health, a test decides. */
class Issuer {
  keys: JWK[] = []
  status = 200
  requests = 0
  url = ''
  readonly #server = createServer((_request, response) => {
    this.requests++
    response.writeHead(this.status, { 'content-type': 'application/json', location: '/elsewhere' }).end(JSON.stringify({ keys: this.keys }))
  })

  async open (): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`
    return this
  }

  async close (): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async addKey (kid: string, alg = 'ES256'): Promise<CryptoKey> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    this.keys.push({ ...await exportJWK(publicKey), kid, alg, use: 'sig' })
    return privateKey
  }
}

const sign = (key: CryptoKey, kid: string, { alg = 'ES256', claims = {}, header = {} }: { alg?: string, claims?: object, header?: object } = {}) =>
  new SignJWT({ userId: 'ada', roomId: 'lobby', ...claims }).setProtectedHeader({ ...header, alg, kid }).setIssuedAt().setExpirationTime('5m').sign(key)

const ecdsa = (key: CryptoKey) => (input: string) => signInput('sha256', Buffer.from(input), { key: KeyObject.from(key), dsaEncoding: 'ieee-p1363' }).toString('base64url')

interface Teardown { teardown (task: () => Promise<void>): void }

const setup = async (t: Teardown, options: Partial<JwksOptions> = {}) => {
  const issuer = await new Issuer().open()
  t.teardown(() => issuer.close())
  return { issuer, authenticate: await createAuthenticate(Fastify(), { jwks: issuer.url, ...options }) }
}

t.test('verifies with the published key that the token names', async (t) => {
  const { issuer, authenticate } = await setup(t)
  const algs = ['ES256', 'RS256', 'PS384', 'EdDSA']
  const keys = await Promise.all(algs.map(async (alg) => ({ alg, key: await issuer.addKey(alg, alg) })))
  for (const { alg, key } of keys) t.match(await authenticate(await sign(key, alg, { alg, claims: { role: 'admin' } })), { userId: 'ada', role: 'admin' }, alg)
  t.equal(issuer.requests, 1)
})

t.test('fetches nothing before the first token and once for many', async (t) => {
  const { issuer, authenticate } = await setup(t)
  const token = await sign(await issuer.addKey('a'), 'a')
  t.equal(issuer.requests, 0)
  await Promise.all(Array.from({ length: 20 }, () => authenticate(token)))
  t.equal(issuer.requests, 1)
})

t.test('finds a key that the issuer rotated in, and lets go of one that it took back', async (t) => {
  const { issuer, authenticate } = await setup(t, { cooldownMs: 0 })
  const first = await issuer.addKey('first')
  t.match(await authenticate(await sign(first, 'first')), { userId: 'ada' })
  issuer.keys = []
  const second = await issuer.addKey('second')
  t.match(await authenticate(await sign(second, 'second')), { userId: 'ada' })
  await t.rejects(Promise.resolve(authenticate(await sign(first, 'first'))), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
})

t.test('does not let strangers make it fetch: unknown keys rest for the cooldown', async (t) => {
  const { issuer, authenticate } = await setup(t)
  const key = await issuer.addKey('known')
  await authenticate(await sign(key, 'known'))
  for (const kid of ['x', '../../dev/null', "' or 1=1 --"]) await t.rejects(Promise.resolve(authenticate(await sign(key, kid))), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  t.equal(issuer.requests, 1)
})

t.test('refuses tokens while the issuer is down, asks it once a second, and recovers by itself', async (t) => {
  const issuer = await new Issuer().open()
  t.teardown(() => issuer.close())
  const clock = new FakeClock(Date.now())
  const authenticate = await createAuthenticate(Fastify(), { jwks: issuer.url }, { clock })
  const token = await sign(await issuer.addKey('a'), 'a')
  issuer.status = 503
  for (let i = 0; i < 5; i++) await t.rejects(Promise.resolve(authenticate(token)))
  t.equal(issuer.requests, 1)
  issuer.status = 200
  clock.advance(1_000)
  t.match(await authenticate(token), { userId: 'ada' })
})

t.test('refuses tokens of an issuer that nobody listens for', async (t) => {
  const issuer = await new Issuer().open()
  const authenticate = await createAuthenticate(Fastify(), { jwks: issuer.url })
  const token = await sign(await issuer.addKey('a'), 'a')
  await issuer.close()
  await t.rejects(Promise.resolve(authenticate(token)))
  await t.rejects(Promise.resolve(authenticate(token)), { message: /a moment ago/ })
})

t.test('does not follow the issuer elsewhere', async (t) => {
  const { issuer, authenticate } = await setup(t)
  issuer.status = 302
  await t.rejects(Promise.resolve(authenticate(await sign(await issuer.addKey('a'), 'a'))))
  t.equal(issuer.requests, 1)
})

t.test('does not look for keys where a token says that they are', async (t) => {
  const { issuer, authenticate } = await setup(t)
  const evil = await new Issuer().open()
  t.teardown(() => evil.close())
  await issuer.addKey('a')
  const key = await evil.addKey('a')
  const jwk = evil.keys[0]
  for (const header of [{ jku: evil.url }, { x5u: evil.url }, { jwk }]) {
    await t.rejects(Promise.resolve(authenticate(await sign(key, 'a', { header }))), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
  }
  t.equal(evil.requests, 0)
})

t.test('refuses symmetric signatures and none, with a published key or any other', async (t) => {
  const { issuer, authenticate } = await setup(t)
  await issuer.addKey('a', 'RS256')
  issuer.keys.push({ kty: 'oct', kid: 'oct', alg: 'HS256', k: Buffer.from(TEST_SECRET).toString('base64url') })
  const payload = { userId: 'ada', roomId: 'lobby', iat: 1, exp: 4_000_000_000 }
  for (const token of [makeToken(), forgeToken({ alg: 'HS256', kid: 'oct' }, payload, hmac(TEST_SECRET)), forgeToken({ alg: 'HS256', kid: 'a' }, payload, hmac(JSON.stringify(issuer.keys[0]))), forgeToken({ alg: 'none', kid: 'a' }, payload), forgeToken({ alg: 'None' }, payload)]) {
    await t.rejects(Promise.resolve(authenticate(token)), { code: 'ERR_JOSE_ALG_NOT_ALLOWED' })
  }
})

t.test('applies issuer, audience, domain, typ and the dates', async (t) => {
  const clock = new FakeClock(Date.now())
  const issuer = await new Issuer().open()
  t.teardown(() => issuer.close())
  const key = await issuer.addKey('a')
  const authenticate = await createAuthenticate(Fastify(), { jwks: issuer.url, issuer: 'us', audience: 'mse', domain: 'd', typ: 'at+jwt' }, { clock })
  const good = { claims: { iss: 'us', aud: 'mse', domain: 'd' }, header: { typ: 'at+jwt' } }
  const token = await sign(key, 'a', good)
  t.match(await authenticate(token), { userId: 'ada' })
  for (const claims of [{ iss: 'them' }, { aud: undefined }, { aud: ['x'] }, { domain: undefined }, { iss: ['us'] }]) {
    await t.rejects(Promise.resolve(authenticate(await sign(key, 'a', { ...good, claims: { ...good.claims, ...claims } }))), { code: 'MSE_ERR_TOKEN_REFUSED' }, JSON.stringify(claims))
  }
  await t.rejects(Promise.resolve(authenticate(await sign(key, 'a', { ...good, header: { typ: 'JWT' } }))), { code: 'MSE_ERR_TOKEN_REFUSED' })
  const critical = forgeToken({ alg: 'ES256', kid: 'a', typ: 'at+jwt', crit: ['x'], x: 1 }, { userId: 'ada', roomId: 'lobby', ...good.claims, iat: 1, exp: 4_000_000_000 }, ecdsa(key))
  await t.rejects(Promise.resolve(authenticate(critical)), { code: 'ERR_JOSE_NOT_SUPPORTED' })
  clock.advance(304_000)
  t.match(await authenticate(token), { userId: 'ada' })
  clock.advance(2_000)
  await t.rejects(Promise.resolve(authenticate(token)), { code: 'ERR_JWT_EXPIRED' })
})

t.test('takes the algorithms that it is told, and no others', async (t) => {
  const { issuer, authenticate } = await setup(t, { algorithms: ['RS256'] })
  const key = await issuer.addKey('a')
  await t.rejects(Promise.resolve(authenticate(await sign(key, 'a'))), { code: 'ERR_JOSE_ALG_NOT_ALLOWED' })
})

t.test('refuses at boot a URL in the clear, symmetric algorithms and numbers out of range', async (t) => {
  const boot = (options: object) => createAuthenticate(Fastify(), options as never)
  for (const jwks of ['http://issuer.invalid/jwks', 'http://127.0.0.1.evil.invalid/', 'http://10.0.0.1/', 'ftp://127.0.0.1/', 'file:///etc/keys', 'data:,x']) {
    await t.rejects(boot({ jwks }), { code: 'MSE_ERR_INSECURE_JWKS' }, jwks)
  }
  for (const jwks of ['https://issuer.invalid/jwks', new URL('https://issuer.invalid/'), 'http://localhost:1/', 'http://[::1]:1/', 'http://127.1.2.3/']) await t.resolves(boot({ jwks }), String(jwks))
  await t.resolves(boot({ jwks: 'http://issuer.invalid/', dangerouslyAllowInsecureJwks: true }))
  await t.rejects(boot({ jwks: 'file:///etc/keys', dangerouslyAllowInsecureJwks: true }), { code: 'MSE_ERR_INSECURE_JWKS' })
  const bad = [{ algorithms: ['HS256'] }, { algorithms: ['none'] }, { algorithms: [] }, { cooldownMs: -1 }, { cacheMaxAgeMs: 0 }, { timeoutMs: 0 }, { timeoutMs: Infinity }, { secret: TEST_SECRET }, { cache: true }, { jwks: 'issuer.invalid' }, { jwks: 7 }]
  for (const options of bad) await t.rejects(boot({ jwks: 'https://issuer.invalid/', ...options }), { code: 'MSE_ERR_BAD_JWT_OPTION' }, JSON.stringify(options))
})
