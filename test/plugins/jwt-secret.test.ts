import t from 'tap'
import { createHash, generateKeyPairSync } from 'node:crypto'
import type { KeyPairKeyObjectResult } from 'node:crypto'
import Fastify from 'fastify'
import { createSigner } from 'fast-jwt'
import type { Algorithm } from 'fast-jwt'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { createAuthenticate } from '../../plugins/jwt.ts'
import type { AuthenticateContext, JwtOptions } from '../../plugins/jwt.ts'
import { forgeToken, hmac, makeToken, TEST_SECRET } from '../helpers/tokens.ts'

const build = (options: JwtOptions, context?: AuthenticateContext) => createAuthenticate(Fastify(), options, context)
const pem = ({ publicKey, privateKey }: KeyPairKeyObjectResult) => ({
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
})
const rsa = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }))
const p256 = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const ed = pem(generateKeyPairSync('ed25519'))
const REFUSED = { code: /^(FAST_JWT_|MSE_ERR_TOKEN_REFUSED$)/ }
const claims = () => ({ userId: 'ada', roomId: 'lobby', iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 60 })
const signed = (algorithm: Algorithm, key: string) => createSigner({ algorithm, key })(claims())

t.test('answers with the identity at once, without a promise, for keys at hand', async (t) => {
  t.match((await build({ secret: TEST_SECRET }))(makeToken({ role: 'admin' })), { userId: 'ada', roomId: 'lobby', role: 'admin' })
  t.match((await build({ secret: Buffer.from(TEST_SECRET) }))(makeToken()), { userId: 'ada' })
  t.match((await build({ secret: { public: rsa.publicKey, private: rsa.privateKey } }))(signed('RS256', rsa.privateKey)), { userId: 'ada' })
  t.match((await build({ secret: rsa.publicKey }))(signed('PS512', rsa.privateKey)), { userId: 'ada' })
  t.match((await build({ secret: p256.publicKey }))(signed('ES256', p256.privateKey)), { userId: 'ada' })
  t.match((await build({ secret: `text before\n${ed.publicKey}` }))(signed('EdDSA', ed.privateKey)), { userId: 'ada' })
})

t.test('takes the key from the options alone, so that two instances in one app have each their own', async (t) => {
  const app = Fastify()
  const other = `${TEST_SECRET} of the other instance`
  const [first, second] = [await createAuthenticate(app, { secret: TEST_SECRET }), await createAuthenticate(app, { secret: other })]
  t.match(first(makeToken()), { userId: 'ada' })
  t.match(second(makeToken({}, other)), { userId: 'ada' })
  t.throws(() => first(makeToken({}, other)), { code: 'FAST_JWT_INVALID_SIGNATURE' })
  t.throws(() => second(makeToken()), { code: 'FAST_JWT_INVALID_SIGNATURE' })
  t.notOk(app.hasDecorator('jwt'), 'nothing is registered on the app')
})

t.test('refuses tokens without a signature, however none is spelled', async (t) => {
  for (const secret of [TEST_SECRET, rsa.publicKey]) {
    const authenticate = await build({ secret })
    for (const alg of ['none', 'None', 'NONE', '', undefined, null, 'HS256', 'RS256', ['none']]) {
      for (const sign of [undefined, hmac('')]) t.throws(() => authenticate(forgeToken({ alg, typ: 'JWT' }, claims(), sign)), REFUSED, JSON.stringify(alg))
    }
  }
})

t.test('refuses HS256 that was signed with the public key, in four spellings of it', async (t) => {
  const der = Buffer.from(rsa.publicKey.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const authenticate = await build({ secret: rsa.publicKey })
  for (const key of [rsa.publicKey, rsa.publicKey.trim(), der, der.toString('base64')]) {
    t.throws(() => authenticate(forgeToken({ alg: 'HS256', typ: 'JWT' }, claims(), hmac(key))), { code: 'FAST_JWT_INVALID_ALGORITHM' })
  }
})

t.test('follows nothing that a token says of its key', async (t) => {
  const fetched: unknown[] = []
  t.intercept(globalThis, 'fetch', { value: (url: unknown) => { fetched.push(url); return Promise.reject(new Error('no')) } })
  const jwk = { kty: 'oct', k: Buffer.from('mine').toString('base64url') }
  const authenticate = await build({ secret: TEST_SECRET })
  for (const header of [{ jwk }, { jku: 'http://127.0.0.1:9/keys' }, { x5u: 'http://127.0.0.1:9/cert' }, { kid: '../../dev/null' }, { kid: "' or 1=1 --" }, { x5c: [''] }]) {
    for (const key of ['mine', '']) t.throws(() => authenticate(forgeToken({ alg: 'HS256', ...header }, claims(), hmac(key))), { code: 'FAST_JWT_INVALID_SIGNATURE' })
    t.match(authenticate(forgeToken({ alg: 'HS256', ...header }, claims(), hmac(TEST_SECRET))), { userId: 'ada' }, 'and takes no offence at it under a good signature')
  }
  t.strictSame(fetched, [])
})

t.test('takes HS512 with the secret of HS256 only where it was asked for', async (t) => {
  const secret = `${TEST_SECRET}${TEST_SECRET}`
  const token = forgeToken({ alg: 'HS512' }, claims(), hmac(secret, 'sha512'))
  const plain = await build({ secret })
  t.throws(() => plain(token), { code: 'FAST_JWT_INVALID_ALGORITHM' })
  const asked = await build({ secret, verify: { algorithms: ['HS512'] } })
  t.match(asked(token), { userId: 'ada' })
  t.throws(() => asked(makeToken({}, secret)), { code: 'FAST_JWT_INVALID_ALGORITHM' })
})

t.test('checks the dates of a token by the clock it was given', async (t) => {
  const clock = new FakeClock()
  const now = clock.now() / 1000
  const authenticate = await build({ secret: TEST_SECRET }, { clock })
  const good = makeToken({ iat: now, exp: now + 60 })
  t.match(authenticate(good), { issuedAt: clock.now(), expiresAt: clock.now() + 60_000 })
  for (const bad of [{ exp: now - 6 }, { exp: String(now + 60) as never }, { exp: null as never }, { exp: undefined }, { nbf: now + 6 }, { iat: now + 6 }, { iat: undefined }]) {
    t.throws(() => authenticate(makeToken({ iat: now, exp: now + 60, ...bad } as never)), { code: 'MSE_ERR_TOKEN_REFUSED' }, JSON.stringify(bad))
  }
  t.throws(() => authenticate(forgeToken({ alg: 'HS256' }, `{"userId":"a","roomId":"b","iat":${now},"exp":1e300}`, hmac(TEST_SECRET))), { code: 'MSE_ERR_TOKEN_REFUSED' })
  t.throws(() => authenticate(forgeToken({ alg: 'HS256' }, `{"userId":"a","roomId":"b","iat":${now},"exp":1e400}`, hmac(TEST_SECRET))), { code: 'MSE_ERR_TOKEN_REFUSED' })
  t.match(authenticate(makeToken({ iat: now + 4, nbf: now + 4, exp: now - 4 })), { userId: 'ada' }, '4 s are within the tolerance')
  clock.advance(66_000)
  t.throws(() => authenticate(good), { code: 'MSE_ERR_TOKEN_REFUSED' })
})

t.test('has no memory of a token that a cache would let outlive its time', async (t) => {
  const clock = new FakeClock()
  const authenticate = await build({ secret: TEST_SECRET, verify: { cache: true } }, { clock })
  const token = makeToken({ iat: clock.now() / 1000, exp: clock.now() / 1000 + 60 })
  t.match(authenticate(token), { userId: 'ada' })
  t.match(authenticate(token), { userId: 'ada' })
  clock.advance(65_000)
  t.throws(() => authenticate(token), { code: 'MSE_ERR_TOKEN_REFUSED', message: /expired/ })
})

t.test('refuses a token without the claim that an allowed value is set for', async (t) => {
  const rules = [
    [{ verify: { allowedAud: 'mse' } }, 'aud'], [{ audience: 'mse' }, 'aud'],
    [{ verify: { allowedIss: ['mse', 'other'] } }, 'iss'], [{ issuer: ['mse', 'other'] }, 'iss'],
    [{ verify: { allowedSub: /^mse$/ } }, 'sub'], [{ verify: { allowedJti: 'mse' } }, 'jti'], [{ verify: { allowedNonce: 'mse' } }, 'nonce'],
    [{ domain: 'mse' }, 'domain']
  ] as const
  for (const [options, claim] of rules) {
    const authenticate = await build({ secret: TEST_SECRET, ...options } as JwtOptions)
    t.match(authenticate(makeToken({ [claim]: 'mse' })), { userId: 'ada' }, claim)
    t.throws(() => authenticate(makeToken()), { code: 'MSE_ERR_TOKEN_REFUSED' }, `${claim} missing`)
    for (const bad of ['evil', ['evil'], [], '', 7]) t.throws(() => authenticate(makeToken({ [claim]: bad })), REFUSED, `${claim} ${JSON.stringify(bad)}`)
  }
  const any = await build({ secret: TEST_SECRET, requiredClaims: ['jti'], verify: { requiredClaims: ['nonce'] } })
  t.match(any(makeToken({ jti: '1', nonce: '2' })), { userId: 'ada' })
  t.throws(() => any(makeToken({ jti: '1' })), { message: 'nonce is required' })
  t.throws(() => any(makeToken({ nonce: '1' })), { message: 'jti is required' })
})

t.test('takes an array of audiences that has one of ours, and no array of issuers', async (t) => {
  const authenticate = await build({ secret: TEST_SECRET, audience: 'mse', issuer: 'us' })
  t.match(authenticate(makeToken({ aud: ['other', 'mse'], iss: 'us' })), { userId: 'ada' })
  t.throws(() => authenticate(makeToken({ aud: 'mse', iss: ['us'] })), { message: 'iss is not allowed' })
})

t.test('refuses a token that was made for another use when typ is set, under any of its names', async (t) => {
  const typed = (typ: unknown) => forgeToken({ alg: 'HS256', typ }, claims(), hmac(TEST_SECRET))
  for (const options of [{ typ: 'mse+jwt' }, { verify: { checkTyp: 'mse+jwt' } }, { decode: { checkTyp: 'mse+jwt' } }]) {
    const authenticate = await build({ secret: TEST_SECRET, ...options })
    for (const typ of ['mse+jwt', 'application/MSE+JWT']) t.match(authenticate(typed(typ)), { userId: 'ada' })
    for (const typ of ['at+jwt', 'JWT', undefined, null, 7, ['mse+jwt']]) t.throws(() => authenticate(typed(typ)), { code: 'MSE_ERR_TOKEN_REFUSED' })
  }
})

t.test('refuses a token above maxTokenBytes before it looks into it', async (t) => {
  const seen: string[] = []
  const authenticate = await build({ verify: (token) => { seen.push(token); return { userId: 'ada', roomId: 'lobby' } } })
  t.match(authenticate('x'.repeat(8_192)), { userId: 'ada' })
  for (const long of ['x'.repeat(8_193), 'é'.repeat(4_097), 'x'.repeat(1_000_000)]) t.throws(() => authenticate(long), { message: 'the token is longer than 8192 bytes' })
  t.equal(seen.length, 1)
  const small = await build({ secret: TEST_SECRET, maxTokenBytes: 64 })
  t.throws(() => small(makeToken()), { message: 'the token is longer than 64 bytes' })
  t.throws(() => small(undefined as never), { message: 'the token is not a string' })
})

t.test('refuses what has the form of a token only almost', async (t) => {
  const authenticate = await build({ secret: TEST_SECRET })
  const good = makeToken()
  const sign = hmac(TEST_SECRET)
  for (const payload of [[], 'null', '"ada"', '7', 'true', '{', '']) t.throws(() => authenticate(forgeToken({ alg: 'HS256' }, payload, sign)), REFUSED, JSON.stringify(payload))
  for (const header of [{ alg: 'HS256', crit: ['exp'] }, { alg: 'HS256', b64: false, crit: ['b64'] }, { alg: 'HS256', crit: [] }, { alg: 'HS256', crit: 'x' }]) {
    t.throws(() => authenticate(forgeToken(header, claims(), sign)), REFUSED, JSON.stringify(header))
  }
  for (const token of ['', '.', '..', '...', good + '==', good + '.x', ' ' + good, good + '\n', good.replace('.', '..'), good.slice(0, -1), good.split('.').slice(0, 2).join('.')]) {
    t.throws(() => authenticate(token), REFUSED, JSON.stringify(token.slice(0, 8)))
  }
})

t.test('lends a session nothing from a __proto__ member of the payload', async (t) => {
  const authenticate = await build({ secret: TEST_SECRET })
  const payload = JSON.stringify(claims()).replace('{', '{"__proto__":{"role":"super","domain":"evil"},"constructor":{"prototype":{"x":1}},')
  t.match(authenticate(forgeToken({ alg: 'HS256' }, payload, hmac(TEST_SECRET))), { role: 'user', domain: null })
  t.equal(Reflect.get({}, 'role'), undefined)
})

t.test('refuses at boot a secret that can be guessed, in production', async (t) => {
  const weak: Array<[string, string[] | undefined]> = [['x', undefined], ['x'.repeat(31), undefined], ['x'.repeat(47), ['HS256', 'HS384']], ['x'.repeat(63), ['HS512']]]
  for (const [secret, algorithms] of weak) {
    const options = { secret, ...(algorithms === undefined ? {} : { verify: { algorithms: algorithms as Algorithm[] } }) }
    await t.rejects(build(options), { code: 'MSE_ERR_WEAK_KEY', message: /^jwt\.secret is too weak: \d+ bytes, HS/ })
    await t.resolves(build({ ...options, dangerouslyAllowWeakKey: true }))
    await t.resolves(build(options, { environment: 'development' }))
  }
  await t.resolves(build({ secret: 'x'.repeat(32) }))
  await t.rejects(build({ secret: pem(generateKeyPairSync('rsa', { modulusLength: 1024 })).publicKey }), { code: 'MSE_ERR_WEAK_KEY', message: /1024 bits/ })
})

t.test('warns of a weak secret in development, without the secret', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { lines.push(line) } } } })
  await createAuthenticate(app, { secret: 'hunter2' }, { environment: 'development' })
  t.equal(lines.length, 1)
  t.match(lines[0], /too weak for production/)
  t.notMatch(lines[0], /hunter2/)
})

t.test('refuses at boot a key that everybody may know, or that cannot verify', async (t) => {
  const der = Buffer.from(rsa.publicKey.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const bad: unknown[] = [
    rsa.privateKey, { public: rsa.privateKey }, { public: TEST_SECRET }, der, der.toString('base64'), JSON.stringify(jwk), JSON.stringify({ keys: [jwk] }),
    '-----BEGIN PUBLIC KEY-----\nbm8=\n-----END PUBLIC KEY-----', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })).publicKey,
    pem(generateKeyPairSync('x25519')).publicKey, () => TEST_SECRET, 7, Buffer.alloc(0)
  ]
  for (const secret of bad) await t.rejects(build({ secret } as never), { code: 'MSE_ERR_BAD_KEY' }, encodeURI(String(secret)).slice(0, 40))
})

t.test('refuses to boot without a key, an unset variable included', async (t) => {
  for (const options of [undefined, {}, { secret: undefined }, { secret: '' }, { secret: null }, { secret: { public: undefined } }, { jwks: undefined }, { jwks: '' }]) {
    await t.rejects(build(options as never), { code: 'MSE_ERR_NO_KEY', message: /jwt\.secret, jwt\.jwks or jwt\.verify/ }, JSON.stringify(options))
  }
})

t.test('refuses at boot options that it would not apply, and values that mean nothing', async (t) => {
  const bad: object[] = [
    { trusted: () => true }, { cookie: {} }, { verfy: {} }, { verify: { ignoreExpiration: true } }, { verify: { key: 'x' } }, { verify: { extractToken () {} } },
    { verify: { algorithms: ['none'] } }, { verify: { algorithms: ['RS256'] } }, { verify: { algorithms: [] } }, { verify: { algorithms: ['HS256', 'none'] } },
    { verify: { allowedAud: '' } }, { verify: { allowedIss: [] } }, { verify: { allowedSub: [''] } }, { verify: { maxAge: '1h' } }, { verify: { maxAge: 0 } },
    { verify: { clockTolerance: -1 } }, { verify: { allowedCritHeaders: 'x' } }, { clockToleranceMs: '5' }, { clockToleranceMs: 300_001 }, { maxTokenBytes: 0 }, { maxTokenBytes: 1e9 },
    { issuer: '' }, { issuer: [] }, { audience: [''] }, { audience: 7 }, { domain: /x/ }, { typ: '' }, { requiredClaims: [7] }, { jwks: 'https://127.0.0.1/' }
  ]
  for (const options of bad) await t.rejects(build({ secret: TEST_SECRET, ...options }), { code: 'MSE_ERR_BAD_JWT_OPTION', message: /^jwt\./ }, JSON.stringify(options))
  await t.rejects(build({ secret: rsa.publicKey, verify: { algorithms: ['HS256'] } }), { code: 'MSE_ERR_BAD_JWT_OPTION' }, 'HS with a public key')
  await t.rejects(build({ secret: TEST_SECRET, jwks: 'https://127.0.0.1/' } as never), { message: /one of them is the key/ })
  await t.rejects(build('secret' as never), { code: 'MSE_ERR_BAD_JWT_OPTION' })
})

t.test('shares one object of options with @fastify/jwt', async (t) => {
  const options = { secret: TEST_SECRET, sign: { expiresIn: '1h' }, decode: { complete: false }, verify: { allowedIss: 'us', maxAge: 60, clockTolerance: 1_000 } }
  const clock = new FakeClock()
  const authenticate = await build(options, { clock })
  const now = clock.now() / 1000
  t.match(authenticate(makeToken({ iss: 'us', iat: now - 60, exp: now + 9 })), { userId: 'ada' })
  t.throws(() => authenticate(makeToken({ iss: 'us', iat: now - 61, exp: now + 9 })), { message: 'the token is too old' })
  t.throws(() => authenticate(makeToken({ iss: 'us', iat: now, exp: now - 1 })), { message: 'the token has expired' })
})

t.test('names no token, claim or key in what it throws', async (t) => {
  const authenticate = await build({ secret: TEST_SECRET, domain: 'us' })
  const canary = createHash('sha256').update('canary').digest('hex')
  for (const token of [makeToken({ userId: `${canary}\n` }), makeToken({ domain: canary }), makeToken({}, canary + canary), `${canary}.${canary}.${canary}`]) {
    t.throws(() => authenticate(token))
    try { await authenticate(token) } catch (error) { t.notMatch(String(error), new RegExp(`${canary}|${TEST_SECRET}`)) }
  }
})
