import { Chat, defineMethod } from '../../index.ts'
import { forgeToken, hmac, makeToken, TEST_SECRET } from '../helpers/tokens.ts'
import type { TokenClaims } from '../helpers/tokens.ts'
import type { Client } from './client.ts'
import { addGate } from './gate.ts'
import { requirement } from './requirement.ts'

const REFUSED = { code: -4001, message: 'Authorization Failed' }
const UNAUTHORIZED = { code: -5001, message: 'Unauthorized Access' }

const auth = (client: Client, token: string): Promise<unknown> => client.succeed('auth', { token, version: '1.0' })
const refused = (client: Client, token: string): Promise<unknown> => client.fail('auth', { token, version: '1.0' })

requirement('MSE-AUTH-1', 'gives a session its identity and an id of the server\'s own', async (t, open) => {
  const world = await open()
  const client = await world.open()
  t.equal(await auth(client, world.token({ userId: 'ada', roomId: 'r1', role: 'admin' })), 'authenticated')
  const [[id, session] = []] = [...world.mse.sessions]
  t.match(id, /^[\w-]{22}$/)
  t.match(session?.identity, { userId: 'ada', roomId: 'r1', role: 'admin' })
  t.equal(world.mse.room('r1').size, 1)
})

requirement('MSE-AUTH-2', 'refuses a version that it does not speak before it looks at the token', async (t, open) => {
  const world = await open({ limits: { maxRefusedAuths: 1 } })
  const client = await world.open()
  for (const version of ['2.0', '1', '', '1.0.0']) {
    t.strictSame(await client.fail('auth', { token: 'bad', version }), {
      code: -32602, message: 'Invalid params', data: { path: '/version', reason: 'Unsupported protocol version', supported: ['1.0'] }
    }, version)
  }
  t.equal(await auth(client, world.token()), 'authenticated')
})

requirement('MSE-AUTH-3', 'answers -4001 and nothing else, whatever is wrong with a token', async (t, open) => {
  const world = await open({ limits: { maxRefusedAuths: 100, messageBurst: 1_000 } })
  const client = await world.open()
  const claims = { userId: 'ada', roomId: 'lobby', iat: 1, exp: 4_102_444_800 }
  for (const [why, token] of Object.entries({
    'no token': '',
    'not a token': 'no.jwt.here',
    'another key': makeToken({}, `${TEST_SECRET}!`),
    unsigned: forgeToken({ alg: 'none' }, claims),
    'another hash': forgeToken({ alg: 'HS512' }, claims, hmac(TEST_SECRET, 'sha512')),
    expired: makeToken({ exp: 1 }),
    'of the future': world.token({ nbf: world.clock.now() / 1000 + 60 }),
    'without a user': world.token({ userId: undefined }),
    'too large': world.token({ fill: 'x'.repeat(8_192) })
  })) t.strictSame(await refused(client, token), REFUSED, why)
  t.equal(world.mse.sessions.size, 0)
})

requirement('MSE-AUTH-4', 'needs userId or sub, roomId, exp and iat, and checks what else a token says', async (t, open) => {
  const world = await open({ limits: { maxRefusedAuths: 100 } })
  const nowS = world.clock.now() / 1000
  const bad = await world.open()
  const faults: TokenClaims[] = [
    { userId: undefined }, { roomId: undefined }, { exp: undefined }, { iat: undefined }, { userId: 7 as never }, { userId: '' }, { sub: 7 }, { roomId: '' },
    { role: 'root' }, { agent: 'fridge' }, { domain: 7 }, { exp: nowS - 6 }, { nbf: nowS + 7 }, { iat: nowS + 7 }, { exp: `${nowS + 60}` as never }
  ]
  for (const claims of faults) t.strictSame(await refused(bad, world.token(claims)), REFUSED, JSON.stringify(claims))
  for (const claims of [{ userId: undefined, sub: 'bob' }, { role: 'super' }, { agent: 'web' }, { agent: 'mobile' }, { domain: 'example.org' }, { nbf: nowS - 1 }, { iat: nowS + 3 }]) {
    t.equal(await auth(await world.open(), world.token(claims)), 'authenticated', JSON.stringify(claims))
  }
})

requirement('MSE-AUTH-5', 'refreshes the token of a session and leaves the rest alone, but for end and role', async (t, open) => {
  const world = await open()
  world.mse.method(defineMethod({ name: 'rule', roles: ['admin'] }), () => null)
  const client = await world.join('ada', { start: true })
  const [session] = world.mse.sessions.values()
  const before = { ...session?.record, identity: null }
  t.strictSame(await client.fail('rule'), UNAUTHORIZED)
  world.clock.advance(3_500_000)
  t.equal(await auth(client, world.token({ userId: 'ada', role: 'admin' })), 'authenticated')
  t.strictSame({ ...session?.record, identity: null }, before)
  t.equal(await client.succeed('rule'), null, 'the new role counts')
  world.clock.advance(3_500_000)
  t.equal(await client.succeed('sdpOffer', { offer: 'v=0' }), null, 'so does the new end')
  t.equal(await auth(client, world.token({ userId: 'ada' })), 'authenticated')
  t.strictSame(await client.fail('rule'), UNAUTHORIZED, 'the role may also go')
  t.strictSame([...world.mse.sessions.values()], [session])
})

requirement('MSE-AUTH-6', 'refuses to make a session another user\'s or another room\'s', async (t, open) => {
  const world = await open()
  const client = await world.join('ada', { start: true })
  const [session] = world.mse.sessions.values()
  const identity = session?.identity
  t.strictSame(await refused(client, world.token({ userId: 'eve' })), REFUSED)
  t.strictSame(await refused(client, world.token({ userId: 'ada', roomId: 'vault' })), REFUSED)
  t.strictSame(await refused(client, 'no.jwt.here'), REFUSED)
  t.equal(session?.identity, identity, 'as it was')
  t.equal(world.mse.room('vault').size, 0)
  t.equal(await client.succeed('sdpOffer', { offer: 'v=0' }), null)
})

requirement('MSE-AUTH-7', 'closes with 4501 after the fifth refused auth, refreshes not counted', async (t, open) => {
  const world = await open()
  const client = await world.open()
  for (let count = 0; count < 4; count++) t.strictSame(await refused(client, 'bad'), REFUSED)
  await client.isSilent(t, 'four are fine')
  t.strictSame(await refused(client, 'bad'), REFUSED, 'the fifth is answered')
  await client.isClosed(t, 4501)
  const member = await world.join('ada')
  for (let count = 0; count < 6; count++) t.strictSame(await refused(member, 'bad'), REFUSED)
  await member.isSilent(t, 'a session that has authenticated goes on')
})

requirement('MSE-AUTH-8', 'closes with 4501 when nothing authenticates in time', async (t, open) => {
  const world = await open()
  const [idle, member] = [await world.open(), await world.join('ada')]
  world.clock.advance(9_999)
  await idle.isSilent(t, 'a ping does not count as auth')
  world.clock.advance(1)
  await idle.isClosed(t, 4501)
  await member.isSilent(t, 'who has authenticated goes on')
})

requirement('MSE-AUTH-9', 'answers -8001 to the session that is one too many, and keeps its link', async (t, open) => {
  const world = await open({ limits: { maxSessionsPerUser: 2, maxRefusedAuths: 1 } })
  const [first] = [await world.join('ada'), await world.join('ada')]
  const third = await world.open()
  for (let count = 0; count < 2; count++) t.match(await refused(third, world.token()), { code: -8001, data: { retryAfterMs: Number } })
  await world.join('bob')
  await first.succeed('auth', { token: world.token(), version: '1.0' })
  first.tell('disconnect')
  await first.closed
  t.equal(await auth(third, world.token()), 'authenticated', 'when one of them has gone')
})

requirement('MSE-AUTH-10', 'answers -5001 to everything but public methods without an identity', async (t, open) => {
  const world = await open({ environment: 'development' })
  addGate(world)
  const client = await world.open()
  for (const method of ['start', 'whoami', 'sdpOffer', 'iceCandidate', 'chat', 'disconnect']) t.strictSame(await client.fail(method), UNAUTHORIZED, method)
  client.tell('disconnect')
  await client.isSilent(t, 'nothing has happened')
})

requirement('MSE-AUTH-11', 'lets only auth, ping and disconnect work in the grace', async (t, open) => {
  const world = await open({ environment: 'development' })
  world.mse.method(defineMethod({ name: 'news', access: 'public' }), () => null)
  const client = await world.join('ada', { start: true })
  world.clock.advance(3_600_000)
  for (const method of ['start', 'whoami', 'sdpOffer', 'iceCandidate', 'chat', 'news']) t.strictSame(await client.fail(method), UNAUTHORIZED, method)
  t.equal(await client.succeed('ping'), 'pong')
  world.mse.room('lobby').notify(Chat, { to: [], message: 'still here' })
  t.match(await client.next(), { method: 'chat' }, 'it still hears')
  t.equal(world.engine.openPeers.length, 1, 'its media flow on')
  t.equal(await auth(client, world.token({ userId: 'ada' })), 'authenticated')
  t.equal(await client.succeed('sdpOffer', { offer: 'v=0' }), null, 'whole again, without another start')
  world.clock.advance(3_600_000)
  t.equal(await client.succeed('disconnect'), null)
  await client.isClosed(t, 1000)
})

requirement('MSE-AUTH-12', 'closes with 4002 when the grace is over', async (t, open) => {
  const world = await open()
  const client = await world.join('ada')
  world.clock.advance(3_600_000 + 24_999)
  await client.isSilent(t, 'not yet')
  world.clock.advance(1)
  await client.isClosed(t, 4002)
  t.equal(world.mse.sessions.size, 0)
})

requirement('MSE-AUTH-13', 'looks at no token of a network from which too many were refused', async (t, open) => {
  const world = await open({ limits: { refusedAuthBurst: 3, refusedAuthsPerSecond: 1, maxRefusedAuths: 4, countLocalNetworks: true } })
  const [first, second] = [await world.open(), await world.open()]
  for (let count = 0; count < 2; count++) t.strictSame(await refused(first, 'bad'), REFUSED)
  t.strictSame(await refused(second, 'bad'), REFUSED)
  for (let count = 0; count < 5; count++) t.match(await refused(first, world.token()), { code: -8001, data: { retryAfterMs: 1_000 } }, 'a good one neither')
  world.clock.advance(1_000)
  t.equal(await auth(first, world.token()), 'authenticated', 'these were no refused auths of the link')
})
