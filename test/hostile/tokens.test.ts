/** Tokens that nobody who has the key has made: none gets in by any door, and all get the same answer. */
import { type KeyPairKeyObjectResult, createPrivateKey, createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { createAuthenticate } from '../../plugins/jwt.ts'
import { TEST_SECRET, type SignSegment, forgeToken, hmac, makeToken } from '../helpers/tokens.ts'
import { openDoors } from './token-doors.ts'

const nowS = (): number => Math.floor(Date.now() / 1000)
const claims = (): object => ({ userId: 'ada', roomId: 'lobby', iat: nowS(), exp: nowS() + 600 })
const HS256 = { alg: 'HS256', typ: 'JWT' } as const
const signed = (header: object, payload: unknown = claims(), sign: SignSegment = hmac(TEST_SECRET)): string => forgeToken(header, payload, sign)
const asymmetric = (key: string, hash: string | null): SignSegment => (input) => signBytes(hash, Buffer.from(input), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' }).toString('base64url')

const pems = ({ publicKey, privateKey }: KeyPairKeyObjectResult): { publicKey: string, privateKey: string } => ({
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
})
const KEYS = {
  RSA: { ...pems(generateKeyPairSync('rsa', { modulusLength: 2_048 })), alg: 'RS256', hash: 'sha256' },
  EC: { ...pems(generateKeyPairSync('ec', { namedCurve: 'P-256' })), alg: 'ES256', hash: 'sha256' },
  Ed25519: { ...pems(generateKeyPairSync('ed25519')), alg: 'EdDSA', hash: null }
} as const

t.test('62 no token without a signature gets in, however its algorithm is spelled', async (t) => {
  const algorithms = ['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'none\u0000', 'n\u200bone', 'no\u006ee', '', ' ', null, undefined, ['none'], [], {}, 0, true, 'HS', 'HS0', 'HS1', 'hs256', 'Hs256', 'HS256 ', 'HS256\u0000', ['HS256'], 'null', 'undefined', '__proto__', 'constructor', 'toString']
  const signatures: ReadonlyArray<SignSegment | undefined> = [undefined, hmac(''), hmac('none'), hmac(TEST_SECRET), () => 'AA', () => '.']
  for (const secret of [TEST_SECRET, KEYS.RSA.publicKey]) {
    const doors = await openDoors(t, secret === TEST_SECRET ? {} : { jwt: { secret } })
    for (const [index, alg] of algorithms.entries()) await doors.refuse(signed({ alg, typ: 'JWT' }, claims(), signatures[index % signatures.length] ?? (() => '')), `${JSON.stringify(alg)}`)
    const authenticate = await createAuthenticate(Fastify(), { secret })
    for (const alg of algorithms) for (const sign of signatures) t.throws(() => authenticate(forgeToken({ alg }, claims(), sign)))
    const good = makeToken().split('.')
    for (const token of [`${good[0]}.${good[1]}`, `${good[0]}.${good[1]}.`, `${good[0]}..${good[2]}`, `.${good[1]}.${good[2]}`, '..', 'e30.e30.', 'e30.e30.e30']) await doors.refuse(token, token.slice(-12))
    await doors.isUnharmed()
  }
})

t.test('63 the public key is no shared secret, in whatever spelling it is taken for one', async (t) => {
  for (const [kind, { publicKey, privateKey, alg, hash }] of Object.entries(KEYS)) {
    const key = createPublicKey(publicKey)
    const der = key.export({ type: 'spki', format: 'der' })
    const jwk = key.export({ format: 'jwk' })
    const spellings: Array<string | Buffer> = [
      publicKey, publicKey.trim(), publicKey.replaceAll('\n', '\r\n'), publicKey.replaceAll('\n', ''), `${publicKey}\n`, publicKey.replaceAll('\n', '\\n'), der, der.toString('base64'), der.toString('base64url'), der.toString('hex'),
      JSON.stringify(jwk), JSON.stringify(jwk, Object.keys(jwk).sort()), Buffer.from(jwk.x ?? jwk.n ?? '', 'base64url'), jwk.x ?? jwk.n ?? '', ''
    ]
    if (kind === 'RSA') spellings.push(key.export({ type: 'pkcs1', format: 'pem' }), key.export({ type: 'pkcs1', format: 'der' }))
    const doors = await openDoors(t, { jwt: { secret: publicKey } })
    for (const [index, spelling] of spellings.entries()) {
      for (const [name, digest] of [['HS256', 'sha256'], ['HS384', 'sha384'], ['HS512', 'sha512']] as const) {
        const token = signed({ alg: name }, claims(), hmac(spelling, digest))
        if (name === 'HS256') await doors.refuse(token, `${kind}, spelling ${index}`)
        const authenticate = await createAuthenticate(Fastify(), { secret: publicKey })
        t.throws(() => authenticate(token), { code: 'FAST_JWT_INVALID_ALGORITHM' }, `${kind}, ${name}, spelling ${index}`)
      }
    }
    await doors.accept(signed({ alg }, claims(), asymmetric(privateKey, hash)), kind)
    for (const other of Object.values(KEYS).filter((one) => one.alg !== alg)) await doors.refuse(signed({ alg: other.alg }, claims(), asymmetric(other.privateKey, other.hash)), `${other.alg} for ${kind}`)
    await doors.refuse(signed({ alg }, claims(), () => Buffer.alloc(64).toString('base64url')), 'a signature of zeros')
  }
})

t.test('64 nothing that a token says of its key is followed: no file is opened, no host is asked', async (t) => {
  const touched: unknown[] = []
  const authenticate = await createAuthenticate(Fastify(), { secret: TEST_SECRET })
  const watch = <T extends object>(on: T, name: keyof T & string): void => {
    const original = on[name] as (...args: unknown[]) => unknown
    t.intercept(on as never, name, { value: function (this: unknown, ...args: unknown[]) { touched.push(name); return original.apply(this, args) } })
  }
  for (const name of ['openSync', 'readFileSync', 'readFile', 'open', 'createReadStream'] as const) watch(fs, name)
  watch(net.Socket.prototype, 'connect')
  watch(globalThis, 'fetch')
  const mine = pems(generateKeyPairSync('rsa', { modulusLength: 2_048 }))
  const jwk = createPublicKey(mine.publicKey).export({ format: 'jwk' })
  const headers: object[] = [
    { jwk }, { jwk: { kty: 'oct', k: '' } }, { jku: 'http://127.0.0.1:9/keys' }, { jku: 'file:///dev/null' }, { jku: `data:application/json,${JSON.stringify({ keys: [jwk] })}` }, { x5u: 'http://127.0.0.1:9/' }, { x5c: ['MIIB'] }, { x5t: 'x' },
    ...['../../../../dev/null', '/dev/null', '/proc/self/environ', "' UNION SELECT 'x", "x' OR 1=1 --", '', ' ', '\u0000', '|/bin/true', '$(id)', '__proto__', 'constructor', '{"$ne":null}', 'x'.repeat(2_000)].map((kid) => ({ kid })),
    { kid: ['a'] }, { kid: { $gt: '' } }, { kid: 7 }, { kid: null }, { kid: '/dev/null', jku: 'http://127.0.0.1:9/', jwk, x5u: 'file:///etc/passwd' }
  ]
  for (const header of headers) {
    for (const sign of [hmac(''), hmac('x'), hmac(Buffer.alloc(32)), asymmetric(mine.privateKey, 'sha256')]) {
      for (const alg of ['HS256', 'RS256']) t.throws(() => authenticate(signed({ alg, ...header }, claims(), sign)), { code: /^FAST_JWT_INVALID_/ }, JSON.stringify(header).slice(0, 50))
    }
  }
  for (const empty of ['', null, undefined, 0, false]) {
    const resolver = await createAuthenticate(Fastify(), { verify: () => empty as never })
    t.throws(() => resolver('x'), { code: 'MSE_ERR_TOKEN_REFUSED' }, 'a function that finds nothing')
  }
  t.strictSame(touched, [])
})

t.test('65 a hash that was not asked for is refused, though the secret is right', async (t) => {
  const secret = `${TEST_SECRET}${TEST_SECRET}`
  const token = (alg: string, hash: string): string => signed({ alg }, claims(), hmac(secret, hash))
  const all = [['HS256', 'sha256'], ['HS384', 'sha384'], ['HS512', 'sha512'], ['HS1', 'sha1'], ['HS224', 'sha224'], ['HS512/256', 'sha512-256'], ['HS256', 'sha512'], ['HS512', 'sha256']] as const
  for (const wanted of ['HS256', 'HS384', 'HS512'] as const) {
    const authenticate = await createAuthenticate(Fastify(), wanted === 'HS256' ? { secret } : { secret, verify: { algorithms: [wanted] } })
    for (const [alg, hash] of all) {
      if (alg === wanted && hash.endsWith(wanted.slice(2))) t.match(authenticate(token(alg, hash)), { userId: 'ada' })
      else t.throws(() => authenticate(token(alg, hash)), { code: /^FAST_JWT_INVALID_/ }, `${alg} with ${hash} where ${wanted} is asked for`)
    }
  }
  const doors = await openDoors(t, { jwt: { secret } })
  for (const [alg, hash] of all.slice(1)) await doors.refuse(token(alg, hash), alg)
  await doors.accept(token('HS256', 'sha256'))
  const rsa = await createAuthenticate(Fastify(), { secret: KEYS.RSA.publicKey, verify: { algorithms: ['RS256'] } })
  t.match(rsa(signed({ alg: 'RS256' }, claims(), asymmetric(KEYS.RSA.privateKey, 'sha256'))), { userId: 'ada' })
  for (const [alg, hash] of [['RS512', 'sha512'], ['RS1', 'sha1'], ['PS256', 'sha256']] as const) t.throws(() => rsa(signed({ alg }, claims(), asymmetric(KEYS.RSA.privateKey, hash))), { code: 'FAST_JWT_INVALID_ALGORITHM' })
})

/** A payload as JSON text: JSON.stringify knows no 1e400. */
const dated = (dates: string): string => `{"userId":"ada","roomId":"lobby"${dates === '' ? '' : `,${dates}`}}`

t.test('66 a token out of its time, or whose time is none, is refused', async (t) => {
  const clock = new FakeClock(nowS() * 1000)
  const doors = await openDoors(t, { clock })
  const now = clock.now() / 1000
  const iat = `"iat":${now}`
  const exp = `"exp":${now + 600}`
  const nonsense = ['null', '""', '"x"', `"${now + 600}"`, 'true', '[]', `[${now + 600}]`, '{}', `{"seconds":${now + 600}}`, '-1', '-0.5', '1e300', '1e400', '-1e400', '253402300800', String((now + 600) * 1000), '9007199254740993', '"Infinity"', '"2099-01-01T00:00:00Z"']
  for (const value of nonsense) {
    await doors.refuse(signed(HS256, dated(`${iat},"exp":${value}`)), `exp ${value}`)
    await doors.refuse(signed(HS256, dated(`"iat":${value},${exp}`)), `iat ${value}`)
    await doors.refuse(signed(HS256, dated(`${iat},${exp},"nbf":${value}`)), `nbf ${value}`)
  }
  for (const dates of ['', iat, exp, `${iat},"exp":0`, `${iat},"exp":${now - 3_600}`, `${iat},"exp":${now - 5}`, `${iat},"exp":${now - 6}`, `"iat":${now + 6},${exp}`, `${iat},${exp},"nbf":${now + 6}`, `${iat},"EXP":${now + 600}`, `${iat},"exp ":${now + 600}`, `${iat},"exp":${now + 600},"exp":${now - 600}`]) {
    await doors.refuse(signed(HS256, dated(dates)), dates)
  }
  await doors.accept(signed(HS256, dated(`${iat},"exp":${now - 4}`)), 'within the tolerance')
  await doors.accept(signed(HS256, dated(`"iat":${now + 4},"nbf":${now + 4},${exp}`)), 'within the tolerance')
  await doors.isUnharmed()
})

t.test('67 a token for somebody else, by somebody else, of nobody in particular is refused', async (t) => {
  const doors = await openDoors(t, { jwt: { secret: TEST_SECRET, audience: ['mse', 'mse-2'], issuer: 'https://issuer.example' } })
  const good = { ...claims(), aud: 'mse', iss: 'https://issuer.example' }
  const evil: ReadonlyArray<readonly [string, unknown[]]> = [
    ['aud', [undefined, null, '', 'MSE', 'mse ', 'ms', 'mse,mse-2', 'mse mse-2', [], ['other'], [['mse']], { 0: 'mse' }, [null], 7, true, { toString: 'mse' }, '*', '/mse/']],
    ['iss', [undefined, null, '', 'https://issuer.example/', 'https://issuer.example.evil', 'HTTPS://ISSUER.EXAMPLE', 'http://issuer.example', ['https://issuer.example'], {}, 7]],
    ['sub', [null, '', 7, 0, true, [], ['ada'], {}, 'x'.repeat(257), 'a\nb', 'a\u0000', 'a\u2028b']],
    ['userId', [undefined, null, '', 7, 0, false, [], ['ada'], {}, 'x'.repeat(257), 'a\r\nb', '\u0000', '\u0085', '\u2029']],
    ['roomId', [undefined, null, '', 7, [], ['lobby'], {}, 'x'.repeat(257), 'a\nb']],
    ['role', ['root', 'Admin', 'admin ', 7, [], ['admin'], {}, true, '__proto__']],
    ['agent', ['tv', 7, ['web'], {}]], ['domain', [7, [], '', {}]]
  ]
  for (const [name, values] of evil) for (const value of values) await doors.refuse(signed(HS256, { ...good, [name]: value }), `${name}: ${JSON.stringify(value)?.slice(0, 40)}`)
  for (const aud of ['mse', 'mse-2', ['other', 'mse']]) await doors.accept(signed(HS256, { ...good, aud }), JSON.stringify(aud))
})

t.test('68 a token for another use is refused where its typ is asked for', async (t) => {
  const doors = await openDoors(t, { jwt: { secret: TEST_SECRET, typ: 'mse+jwt' } })
  for (const typ of [undefined, null, '', 'JWT', 'jwt', 'at+jwt', 'id+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt', 'mse+jwt ', ' mse+jwt', 'mse+jwt\u0000', 'mse', 'application/', 'application/at+jwt', 'application/application/mse+jwt', 'text/mse+jwt', ['mse+jwt'], { 0: 'mse+jwt' }, 7, true]) {
    await doors.refuse(signed({ alg: 'HS256', typ }), `typ ${JSON.stringify(typ)}`)
  }
  await doors.refuse(signed({ alg: 'HS256' }, { ...claims(), typ: 'mse+jwt' }), 'in its claims')
  await doors.refuse(signed({ alg: 'HS256', TYP: 'mse+jwt' }), 'in capitals')
  for (const typ of ['mse+jwt', 'MSE+JWT', 'application/mse+jwt']) await doors.accept(signed({ alg: 'HS256', typ }), typ)
})

t.test('69 a token above 8 KiB is refused before anybody looks into it', async (t) => {
  let looked = 0
  const doors = await openDoors(t, { jwt: { verify: () => { looked++; return { userId: 'ada', roomId: 'lobby' } } } })
  for (const token of ['x'.repeat(8_193), `e30.${'A'.repeat(9_000)}.x`, 'é'.repeat(4_097), '\u{1f600}'.repeat(2_049), '.'.repeat(8_193)]) await doors.refuse(token, `${Buffer.byteLength(token)} bytes`)
  t.equal(looked, 0)
  await doors.accept('x'.repeat(8_192))
  t.equal(looked, 3)
})

t.test('70 what is a token only almost is refused', async (t) => {
  const doors = await openDoors(t, {})
  const sign = hmac(TEST_SECRET)
  for (const payload of ['[]', 'null', '"ada"', '7', 'true', '{', '', '{}', '[{"userId":"ada"}]', `[${JSON.stringify(claims())}]`, JSON.stringify(makeToken()), `${JSON.stringify(claims())}x`, `\u{feff}${JSON.stringify(claims())}`, dated('"__proto__":{"exp":9999999999,"iat":1}')]) {
    await doors.refuse(signed(HS256, payload), payload.slice(0, 30))
  }
  for (const header of [
    { alg: 'HS256', crit: ['exp'] }, { alg: 'HS256', crit: [] }, { alg: 'HS256', crit: 'b64' }, { alg: 'HS256', crit: {} }, { alg: 'HS256', b64: false, crit: ['b64'] }, { alg: 'HS256', crit: ['x'], x: 1 }, { alg: 'HS256', crit: ['__proto__'] },
    [], 'HS256', [HS256], '{"alg":"HS256"', 'null', '', '{"alg":"HS256","alg":"none"}', '{"__proto__":{"alg":"HS256"}}'
  ]) await doors.refuse(forgeToken(header as object, claims(), sign), JSON.stringify(header))
  const good = makeToken()
  const [head = '', body = '', signature = ''] = good.split('.')
  const almost = [
    '', ' ', '.', '..', '...', '....', `${good}.`, `${good}==`, `${good}=`, `.${good}`, `${good}.${signature}`, `${head}.${body}.${signature}.${signature}.${signature}`, ` ${good}`, `${good} `, `${good}\n`, `${good}\u0000`, `Bearer ${good}`, `"${good}"`, `[${good}]`,
    `${head}=.${body}.${signature}`, `${head}.${body}=.${signature}`, `${head}\n.${body}.${signature}`, good.replace('.', '..'), good.replaceAll('.', ','), good.replaceAll('.', '%2e'), good.replace('.', '\u3002'), good.slice(0, -1), good.slice(1),
    `${head}.${body}.${signature.slice(0, 20)}`, `${head}.${body}.${'A'.repeat(43)}`, `${head}.${body}.${signature}${signature}`, `${head}.${Buffer.from(JSON.stringify({ ...claims(), userId: 'eve' })).toString('base64url')}.${signature}`,
    good.split('').reverse().join(''), good.toUpperCase(), good.toLowerCase(), encodeURIComponent(`${good}+`), `${good}#`, `${good}?`, `${good}, ${good}`, 'null', 'undefined', 'true', '{}', JSON.stringify({ payload: body, protected: head, signature })
  ]
  for (const [index, token] of almost.entries()) await doors.refuse(token, `${index}: ${JSON.stringify(token.slice(0, 12))}`)
  await doors.accept(good)
  await doors.isUnharmed()
})
