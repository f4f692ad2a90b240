import { Type } from '@sinclair/typebox'
import t from 'tap'
import { Chat, defineMethod } from '../../index.ts'
import { identityFromClaims } from '../../lib/session/claims.ts'
import { forgeToken, hmac, TEST_SECRET } from '../helpers/tokens.ts'
import type { Frame } from '../matrix/client.ts'
import type { World } from '../matrix/harness.ts'
import { openCaller, post } from '../matrix/requests.ts'
import { everyFace } from './every-face.ts'
import { NASTY_KEYS, nastyObject, numbersFrom } from './nasty-json.ts'
import { nothingIsAstray } from './stray-errors.ts'

const PARSE_ERROR = { id: null, jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } }
const PONG = { id: 1, jsonrpc: '2.0', result: 'pong' }
const ping = (params: string): string => `{"id":1,"method":"ping","jsonrpc":"2.0","params":${params}}`

/** Objects that reach for a prototype. */
const REACHING = [
  '{"__proto__":{"polluted":1}}', '{"__proto__":null}', '{"__proto__":"x"}', '{"__proto__":[]}', '{"a":1,"__proto__":{"polluted":1},"b":2}', '{"__proto__":1,"__proto__":2}',
  '{"\\u005f_proto__":{"polluted":1}}', '{"\\u005f\\u005f\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f":{}}', '{"__prot\\u006F__":{}}', '{"__proto\\u005F\\u005f":{}}',
  '{"constructor":{"prototype":{"polluted":1}}}', '{"constructor":{"prototype":null}}', '{"constructor":{"a":1,"prototype":0}}', '{"\\u0063onstructor":{"\\u0070rototype":{}}}',
  '{"constructor":{"constructor":{"prototype":{}}}}', '{"constructor":{"prototype":{"__proto__":{}}}}', '{"constructor":1,"constructor":{"prototype":1}}'
]

/** Objects that only look so. */
const HARMLESS = [
  '{"constructor":"x"}', '{"constructor":{}}', '{"constructor":[{"a":1}]}', '{"prototype":{"constructor":{}}}', '{"__proto__ ":1}', '{"__PROTO__":{}}', '{"proto":{}}', '{"\\u005c\\u005c__proto__":1}',
  '{"a":"__proto__"}', '{"constructor":{"prototype":1},"constructor":1}', '{"constructor":["prototype"]}', '{"constructor.prototype":{}}', '{"/__proto__/polluted":1}'
]

everyFace('31: a key that reaches for a prototype is -32700, however it is written and wherever it is', async (t, open) => {
  const world = await open({ limits: { messageBurst: 10_000 } })
  const client = await world.open()
  const within = (object: string): string[] => [
    object, `[${object}]`, ping(object), ping(`{"a":[0,{"b":${object}}]}`), ping(`${'['.repeat(28)}${object}${']'.repeat(28)}`), `[${ping('{}')},${ping(object)}]`, `[1,[${object}]]`,
    `{"id":1,"method":"ping","jsonrpc":"2.0","extra":${object}}`, `{"id":${object},"method":"ping","jsonrpc":"2.0"}`, `{"id":1,"jsonrpc":"2.0","result":${object}}`, `{"method":"ping","jsonrpc":"2.0","params":${object}}`,
    `{"id":1,"method":"ping","jsonrpc":"2.0",${object.slice(1)}`
  ]
  for (const object of REACHING) {
    for (const text of within(object)) t.strictSame(await client.exchange(text), PARSE_ERROR, text.slice(0, 120))
    t.strictSame(await client.exchange(Buffer.from(ping(object))), PARSE_ERROR, 'as bytes')
  }
  for (const object of HARMLESS) t.strictSame(await client.exchange(ping(object)), PONG, object)
})

everyFace('31: a POST with such a key is 400, with a session, with a Bearer and with neither', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  const bearer = { authorization: `Bearer ${world.token({ userId: 'ada' })}` }
  for (const object of REACHING) {
    for (const response of [await post(world, ping(object)), await caller.post(ping(object)), await caller.post(ping(object), bearer)]) {
      t.strictSame([response.status, await response.json()], [400, PARSE_ERROR], object)
    }
  }
  await caller.post({ method: 'disconnect', jsonrpc: '2.0' })
}, ['post'])

/** What applications do with params, and what a `__proto__` in them would hurt. */
function mergeInto (target: Record<string, unknown>, source: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(source)) {
    const known = target[key]
    if (typeof value === 'object' && value !== null && typeof known === 'object' && known !== null) mergeInto(known as Record<string, unknown>, value as Record<string, unknown>)
    else target[key] = value
  }
}

/** Writes the keys of an object that {@link mergeInto} must not meet, in place of harmless ones. */
function withPrototypeKeys (text: string, random: () => number): string {
  return text.replaceAll('"polluted":', () => random() < 0.5 ? '"__proto__":' : '"constructor":{"prototype":{"polluted":1}},"polluted":')
}

everyFace('32: keys with slashes, tildes, dots and prototypes change no prototype, even where a handler merges without care', async (t, open) => {
  const world = await open({ limits: { messageBurst: 100_000, messagesPerSecond: 100_000 } })
  const kept: Record<string, unknown> = {}
  const Keep = defineMethod({ name: 'keep', access: 'public', params: Type.Record(Type.String(), Type.Unknown()) })
  const Pick = defineMethod({ name: 'pick', access: 'public', params: Type.Record(Type.String(), Type.Record(Type.String(), Type.Number())) })
  world.mse.method(Keep, (params) => { mergeInto(kept, params); return null })
  world.mse.method(Pick, () => null)
  const client = await world.join('ada', { start: true })
  const random = numbersFrom(20_260_101)
  for (let round = 0; round < 60; round++) {
    const object = nastyObject(random, 5)
    const texts = [['keep', object], ['pick', object], ['chat', { to: [], message: 'x', attachment: object }], ['iceCandidate', { candidate: { ...object, candidate: '' } }], ['sdpOffer', { offer: object }]] as const
    for (const [method, params] of texts) {
      const text = JSON.stringify({ id: 1, method, jsonrpc: '2.0', params })
      const { error } = await client.exchange<Frame>(text)
      if (![undefined, -32602].includes(error?.code as number)) t.fail(`${JSON.stringify(error)} to ${text}`)
      await client.exchange(withPrototypeKeys(text, random))
    }
  }
  t.equal((kept as { polluted?: unknown }).polluted === undefined || Object.hasOwn(kept, 'polluted'), true)
  t.equal(({} as { polluted?: unknown }).polluted, undefined)
  await nothingIsAstray(t)
})

/** A token whose payload is written by hand, for a parser to make keys of. */
const tokenOf = (payload: string): string => forgeToken({ alg: 'HS256', typ: 'JWT' }, payload, hmac(TEST_SECRET))

everyFace('33: a JWT with __proto__ lends no claim: claims are read by name, from the payload alone', async (t, open) => {
  const world = await open({ environment: 'development' })
  const seconds = Math.floor(world.clock.now() / 1000)
  const dates = `"iat":${seconds},"exp":${seconds + 600}`
  const auth = { version: '1.0' }
  for (const reach of ['"__proto__":{"role":"super","domain":"evil"}', '"\\u005f_proto__":{"role":"super"}', '"constructor":{"prototype":{"role":"super"}}', '"role ":"super","Role":"super","__proto__":{"__proto__":{"role":"super"}}']) {
    const client = await world.open()
    await client.succeed('auth', { ...auth, token: tokenOf(`{"userId":"ada","roomId":"lobby",${dates},${reach}}`) })
    t.match(await client.succeed('whoami'), { userId: 'ada', roomId: 'lobby', role: 'user', domain: null }, reach)
  }
  for (const payload of [
    `{"__proto__":{"userId":"root","roomId":"lobby",${dates}}}`, `{"__proto__":{"roomId":"lobby"},"userId":"ada",${dates}}`, `{"constructor":{"prototype":{"userId":"root"}},"roomId":"lobby",${dates}}`,
    '{"__proto__":{"exp":9999999999,"iat":1},"userId":"ada","roomId":"lobby"}', `{"userId":{"__proto__":"ada"},"roomId":"lobby",${dates}}`, `{"userId":["ada"],"roomId":{"toString":"lobby"},${dates}}`
  ]) t.match(await (await world.open()).fail('auth', { ...auth, token: tokenOf(payload) }), { code: -4001 }, payload)
})

t.test('33: what a verify function of the app gives is read the same way', async (t) => {
  const claims = { userId: 'ada', roomId: 'lobby' }
  const inherited = Object.assign(Object.create({ role: 'super', domain: 'evil' }) as object, claims)
  t.match(identityFromClaims(inherited, { vouchedFor: true }), { role: 'user', domain: null })
  t.throws(() => identityFromClaims(Object.create(claims), { vouchedFor: true }), 'nothing of its own')
  t.throws(() => identityFromClaims(JSON.parse('{"__proto__":{"userId":"root","roomId":"lobby"}}'), { vouchedFor: true }))
  await nothingIsAstray(t)
})

/** Every name that a claim may have: control characters are refused there. */
const NAMES = ['__proto__', ...NASTY_KEYS.filter((key) => key !== '' && !/[\u0000-\u001f\u2028\ud800]/.test(key))] // eslint-disable-line no-control-regex

async function whisper (world: World, name: string): Promise<void> {
  const [named, twin, other] = [await world.join(name, { roomId: name }), await world.join(name, { roomId: name }), await world.join('other', { roomId: name })]
  const sessions = [...world.mse.room(name).sessions]
  if (sessions.length !== 3) throw new Error(`${sessions.length} sessions in the room ${name}`)
  world.mse.room(name).notify(Chat, { to: [], message: 'for the two' }, { users: [name] })
  const heard = [await named.next(), await twin.next()]
  if (heard.some(({ params }) => (params as { message?: unknown }).message !== 'for the two')) throw new Error(JSON.stringify(heard))
  await other.succeed('ping')
  for (const { wire } of [named, twin, other]) wire.leave()
}

everyFace('34: users and rooms may be called __proto__, constructor or hasOwnProperty, and are only who they are', async (t, open) => {
  const world = await open({ limits: { maxSessionsPerUser: 2 } })
  for (const name of NAMES) {
    await whisper(world, name)
    while (world.mse.room(name).size > 0) await new Promise(setImmediate)
    t.equal(world.mse.room(name).size, 0, name)
  }
  for (const id of NAMES) t.equal(world.mse.sessions.get(id), undefined, `no session is called ${id}`)
  const [first, second, third] = [await world.join('__proto__'), await world.join('__proto__'), await world.open()]
  t.match(await third.fail('auth', { token: world.token({ userId: '__proto__' }), version: '1.0' }), { code: -8001 }, 'they are counted like others')
  for (const client of [first, second]) await client.isSilent(t)
}, ['memory', 'websocket'])

everyFace('34: a session, a position or a ticket of such a name is as unknown as any other', async (t, open) => {
  const world = await open()
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', 'get']
  for (const name of names) {
    t.equal((await post(world, ping('{}'), { 'mse-session': name })).status, 404, name)
    for (const accept of ['text/event-stream', 'application/json']) {
      t.equal((await fetch(`${world.url}/mse`, { headers: { accept, 'mse-session': name } })).status, 404, name)
      t.equal((await fetch(`${world.url}/mse?ticket=${name}`, { headers: { accept } })).status, 404, name)
      t.equal((await fetch(`${world.url}/mse?__proto__[ticket]=${name}&constructor.prototype.ticket=x&__proto__=y`, { headers: { accept, 'mse-session': name } })).status, 404, name)
    }
    t.equal((await fetch(`${world.url}/mse`, { method: 'DELETE', headers: { 'mse-session': name } })).status, 404, name)
  }
}, ['post'])
