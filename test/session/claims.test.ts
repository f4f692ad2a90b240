import t from 'tap'
import { identityFromClaims } from '../../lib/session/claims.ts'
import type { ClaimRules } from '../../lib/session/claims.ts'

const NOW_SECONDS = 1_800_000_000
const GOOD = { userId: 'ada', roomId: 'lobby', iat: NOW_SECONDS, exp: NOW_SECONDS + 60 }

const identify = (claims: unknown, rules: ClaimRules = {}) => identityFromClaims(claims, { nowMs: NOW_SECONDS * 1000, ...rules })
const refused = (message: RegExp) => ({ code: 'MSE_ERR_TOKEN_REFUSED', message })

t.test('copies the claims of MSE by name and turns seconds into milliseconds', async (t) => {
  const claims = { ...GOOD, nbf: NOW_SECONDS - 1.5, domain: 'example.org', agent: 'mobile', role: 'admin', other: 'left behind' }
  t.strictSame(identify(claims), {
    userId: 'ada',
    roomId: 'lobby',
    role: 'admin',
    domain: 'example.org',
    agent: 'mobile',
    issuedAt: NOW_SECONDS * 1000,
    notBefore: NOW_SECONDS * 1000 - 1_500,
    expiresAt: NOW_SECONDS * 1000 + 60_000
  })
})

t.test('fills what a token leaves out: role user, no domain, no agent, no start', async (t) => {
  t.match(identify(GOOD), { role: 'user', domain: null, agent: null, notBefore: null })
})

t.test('takes sub where there is no userId, and userId where there are both', async (t) => {
  t.equal(identify({ ...GOOD, userId: undefined, sub: 'grace' }).userId, 'grace')
  t.equal(identify({ ...GOOD, sub: 'grace' }).userId, 'ada')
})

t.test('refuses names that are missing, empty, of another type, too long or with control characters', async (t) => {
  for (const name of ['userId', 'roomId']) {
    for (const value of [undefined, null, '', 7, {}, ['ada'], 'x'.repeat(257), 'a\r\nb', 'a\u0000', 'a\u2028']) {
      t.throws(() => identify({ ...GOOD, [name]: value }), refused(new RegExp(`^${name} `)), `${name}: ${encodeURI(JSON.stringify(value)).slice(0, 32)}`)
    }
    t.equal(identify({ ...GOOD, [name]: 'é'.repeat(256) }).role, 'user')
  }
})

t.test('refuses a malformed sub even beside a good userId', async (t) => {
  for (const sub of [null, 7, '', ['ada']]) t.throws(() => identify({ ...GOOD, sub }), refused(/^sub /))
})

t.test('refuses roles, agents and domains that it does not know', async (t) => {
  for (const role of ['root', 'Admin', 1, ['admin'], {}]) t.throws(() => identify({ ...GOOD, role }), refused(/^role /))
  for (const agent of ['tv', 1, ['web']]) t.throws(() => identify({ ...GOOD, agent }), refused(/^agent /))
  for (const domain of ['', 1, ['a'], 'a\nb']) t.throws(() => identify({ ...GOOD, domain }), refused(/^domain /))
})

t.test('refuses dates that are missing or no dates', async (t) => {
  for (const exp of [undefined, null, '1900000000', Infinity, NaN, 1e300, -1, 253_402_300_800, true]) t.throws(() => identify({ ...GOOD, exp }), refused(/^exp /))
  for (const iat of [undefined, null, '1800000000', 1e300, -1]) t.throws(() => identify({ ...GOOD, iat }), refused(/^iat /))
  for (const nbf of [null, '1800000000', 1e300, -1]) t.throws(() => identify({ ...GOOD, nbf }), refused(/^nbf /))
})

t.test('forgives a clock that is 4 s off and not one that is 6 s off', async (t) => {
  const off = (seconds: number) => ({ exp: { ...GOOD, exp: NOW_SECONDS - seconds }, nbf: { ...GOOD, nbf: NOW_SECONDS + seconds }, iat: { ...GOOD, iat: NOW_SECONDS + seconds } })
  for (const claims of Object.values(off(4))) t.equal(identify(claims).userId, 'ada')
  t.throws(() => identify(off(6).exp), refused(/expired/))
  t.throws(() => identify(off(6).nbf), refused(/not valid yet/))
  t.throws(() => identify(off(6).iat), refused(/future/))
  t.throws(() => identify(off(4).exp, { clockToleranceMs: 0 }), refused(/expired/))
  t.throws(() => identify({ ...GOOD, exp: NOW_SECONDS }, { clockToleranceMs: 0 }), refused(/expired/), 'on or after exp (RFC 7519, 4.1.4)')
})

t.test('refuses a token that is older than maxAgeMs', async (t) => {
  const claims = { ...GOOD, iat: NOW_SECONDS - 30 }
  t.equal(identify(claims, { maxAgeMs: 26_000 }).userId, 'ada')
  t.throws(() => identify(claims, { maxAgeMs: 25_000 }), refused(/too old/))
})

t.test('applies the rules for iss, aud, domain and required claims, and refuses their absence', async (t) => {
  const cases: Array<[ClaimRules, object[], object[]]> = [
    [{ issuer: ['a', 'b'] }, [{ iss: 'b' }], [{}, { iss: 'c' }, { iss: ['a'] }, { iss: '' }]],
    [{ audience: ['a'] }, [{ aud: 'a' }, { aud: ['x', 'a'] }], [{}, { aud: 'b' }, { aud: [] }, { aud: [['a']] }, { aud: null }]],
    [{ domain: ['a'] }, [{ domain: 'a' }], [{}, { domain: 'b' }, { domain: null }]],
    [{ requiredClaims: ['jti'] }, [{ jti: 'x' }], [{}]],
    [{ requiredClaims: ['toString'] }, [], [{}]]
  ]
  for (const [rules, good, bad] of cases) {
    for (const claims of good) t.equal(identify({ ...GOOD, ...claims }, rules).userId, 'ada', JSON.stringify([rules, claims]))
    for (const claims of bad) t.throws(() => identify({ ...GOOD, ...claims }, rules), refused(/./), JSON.stringify([rules, claims]))
  }
})

t.test('reads own claims alone: neither a prototype nor a __proto__ member lends any', async (t) => {
  const payload: unknown = JSON.parse('{"__proto__":{"role":"super","polluted":1},"userId":"ada","roomId":"lobby","iat":1800000000,"exp":1800000060}')
  t.equal(identify(payload).role, 'user')
  t.equal(Reflect.get({}, 'polluted'), undefined)
  t.throws(() => identify(Object.create(GOOD)), refused(/required/))
})

t.test('refuses claims that are no object', async (t) => {
  for (const claims of [null, undefined, 'ada', 7, [GOOD], () => GOOD]) t.throws(() => identify(claims), refused(/not an object/))
})

t.test('takes claims without dates, or an identity, only from a function that vouches for them', async (t) => {
  const rules = { vouchedFor: true }
  const dateless = { userId: 'ada', roomId: 'lobby' }
  t.match(identify(dateless, rules), { userId: 'ada', issuedAt: null, expiresAt: null })
  const identity = { ...dateless, role: 'super', domain: null, agent: null, issuedAt: null, notBefore: null, expiresAt: NOW_SECONDS * 1000 + 5 }
  t.strictSame(identify(identity, rules), identity)
  t.throws(() => identify(identity), refused(/exp is required/))
  t.throws(() => identify({ ...identity, expiresAt: NOW_SECONDS * 1000 - 5_000 }, rules), refused(/expired/))
  t.throws(() => identify({ ...dateless, exp: NOW_SECONDS - 5 }, rules), refused(/expired/))
  t.throws(() => identify({ ...dateless, exp: 'soon' }, rules), refused(/^exp /))
})
