import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import {
  MSE_ERRORS, RequestAdapter, RequestFactory, ResponseAdapter, ResponseAdaptor, ResponseFactory, createRequestFactory
} from '../../lib/protocol/index.ts'
import type { AnswerOf, NotificationOf, RefusalOf, RequestOf, Auth, Chat, Whoami } from '../../lib/protocol/index.ts'
import type { Equal, Expect } from '../types/expect.ts'

interface Vector {
  readonly name: string
  readonly send?: { readonly params?: unknown }
  readonly sendText?: string
  readonly expect: { readonly result?: unknown, readonly error?: { readonly data?: unknown } } | null
}

/** How a vector is made, and who recognises it. */
interface Row {
  /** Makes what is sent; absent where it is no message of MSE. */
  readonly send?: (vector: Vector) => string
  /** Makes what is expected; absent where that is silence. */
  readonly expect?: (vector: Vector) => string
  /** Whose message is sent, as a server sees it; null: nobody's. */
  readonly sent: keyof typeof RequestAdapter | null
  /** Whose message is sent, as a client would see it that gets the same; null: none of a server's. */
  readonly heard?: keyof typeof ResponseAdapter
  readonly expected: keyof typeof ResponseAdapter | null
}

const { vectors } = JSON.parse(readFileSync(new URL('../vectors/mse-1.0.json', import.meta.url), 'utf8')) as { vectors: Vector[] }
const paramsOf = ({ send }: Vector) => send?.params as never
const f = createRequestFactory

/** Each vector by its name. */
const ROWS: Readonly<Record<string, Row>> = {
  ping: { send: () => f(1).ping(), expect: () => ResponseFactory.ping(1), sent: 'ping', expected: 'ping' },
  auth: { send: (v) => f(2).auth(paramsOf(v)), expect: () => ResponseFactory.auth(2), sent: 'auth', expected: 'auth' },
  start: { send: () => f(3).start(), expect: () => ResponseFactory.start(3), sent: 'start', expected: 'start' },
  whoami: { send: () => f(4).whoami(), expect: (v) => ResponseFactory.whoami(4, v.expect?.result as never), sent: 'whoami', expected: 'whoami' },
  'whoami is not there in production': { send: () => f(4).whoami(), expect: () => ResponseFactory.methodNotFound(4), sent: 'whoami', expected: 'methodNotFound' },
  'iceCandidate is not answered': { send: (v) => f().iceCandidate(paramsOf(v)), sent: 'iceCandidate', heard: 'iceCandidate', expected: null },
  'sdpOffer is not answered as a call': { send: (v) => f().sdpOffer(paramsOf(v)), sent: 'sdpOffer', heard: 'sdpOffer', expected: null },
  'chat is not answered': { send: (v) => f().chat(paramsOf(v)), sent: 'chat', heard: 'chat', expected: null },
  'disconnect is not answered': { send: () => f().disconnect(), sent: 'disconnect', expected: null },
  'invalid json': { expect: () => ResponseFactory.parse(null), sent: null, expected: 'parse' },
  'invalid json rpc object': { expect: () => ResponseFactory.invalidMessage(null), sent: null, expected: 'invalidMessage' },
  'method not found': { expect: () => ResponseFactory.methodNotFound(9), sent: null, expected: 'methodNotFound' },
  'invalid params': { send: (v) => f().auth(paramsOf(v), 9), expect: () => ResponseFactory.invalidParams(9), sent: null, expected: 'invalidParams' },
  'authentication failure': { send: (v) => f().auth(paramsOf(v), 9), expect: () => ResponseFactory.authorizationFailed(9), sent: 'auth', expected: 'authorizationFailed' },
  'unauthorized access': { send: () => f().start(3), expect: () => ResponseFactory.unauthorized(3), sent: 'start', expected: 'unauthorized' },
  'invalid call order': { send: (v) => f().sdpOffer(paramsOf(v), 3), expect: () => ResponseFactory.callOrder(3, { required: 'start' }), sent: 'sdpOffer', expected: 'callOrder' }
}

type Recognisers = Readonly<Record<string, (data: unknown) => object | null>>

/** Who recognises it. */
const namesIn = (adapter: object, data: unknown): string[] => {
  return Object.entries(adapter as Recognisers).filter(([, recognise]) => recognise(data) !== null).map(([name]) => name)
}
const nameOrNone = (name: string | null | undefined): string[] => name === null || name === undefined ? [] : [name]

for (const vector of vectors) {
  t.test(`makes what is sent, and tells whose it is: ${vector.name}`, async (t) => {
    const { send, sent, heard } = ROWS[vector.name] ?? { sent: null, heard: null }
    const text = vector.sendText ?? JSON.stringify(vector.send)
    if (send !== undefined) t.equal(send(vector), text, 'byte for byte')
    t.strictSame(namesIn(RequestAdapter, text), nameOrNone(sent), 'to a server')
    t.strictSame(namesIn(ResponseAdapter, text), nameOrNone(heard), 'to a client')
  })
}

for (const vector of vectors.filter(({ expect }) => expect !== null)) {
  t.test(`makes what is answered, and tells whose it is: ${vector.name}`, async (t) => {
    const { expect, expected } = ROWS[vector.name] ?? { expected: null }
    const text = expect?.(vector) ?? ''
    t.strictSame(JSON.parse(text), vector.expect)
    t.strictSame(namesIn(ResponseAdapter, text), nameOrNone(expected), 'to a client')
    t.strictSame(namesIn(RequestAdapter, text), [], 'to a server')
  })
}

t.test('makes and tells every message and every error, also those that no vector has', async (t) => {
  t.strictSame(vectors.map(({ name }) => name), Object.keys(ROWS), 'each vector has its row')
  t.strictSame(Object.keys(RequestFactory), ['ping', 'auth', 'start', 'whoami', 'sdpOffer', 'iceCandidate', 'chat', 'disconnect'])
  t.strictSame(Object.keys(ResponseFactory), ['ping', 'auth', 'start', 'whoami', 'sdpOffer', 'iceCandidate', 'chat', ...Object.keys(MSE_ERRORS)])
  t.strictSame(Object.keys(RequestAdapter), Object.keys(RequestFactory))
  t.strictSame(Object.keys(ResponseAdapter), Object.keys(ResponseFactory))
  t.equal(ResponseAdaptor, ResponseAdapter)
  for (const name of ['unavailable', 'tooMany', 'internal'] as const) t.strictSame(namesIn(ResponseAdapter, ResponseFactory[name](7)), [name])
})

t.test('sends what the seed calls a candidate, a description and a text, whoever sends it', async (t) => {
  const candidate = { candidate: 'candidate:1', sdpMid: null, sdpMLineIndex: 0 }
  t.match(ResponseAdapter.iceCandidate(ResponseFactory.iceCandidate({ candidate })), { id: null, params: { candidate } })
  t.match(RequestAdapter.sdpOffer(RequestFactory.sdpOffer({ offer: { type: 'answer', sdp: 'v=0' } })), { id: null, params: { offer: { type: 'answer' } } })
  const told = ResponseAdapter.chat(ResponseFactory.chat({ to: [], message: 'hello', from: 'ada' }))
  t.equal(told?.params.from, 'ada')
  t.equal(ResponseAdapter.chat('{"method":"chat","jsonrpc":"2.0","params":{"to":[],"message":"x"}}')?.id, null, 'a foreign server may leave the id out')
})

t.test('counts ids for each factory, and takes those that are given', async (t) => {
  const [one, other] = [createRequestFactory(), createRequestFactory(41)]
  const idOf = (text: string): unknown => (JSON.parse(text) as { id: unknown }).id
  const auth = { token: 't', version: '1.0' }
  t.strictSame([one.ping(), one.auth(auth), one.ping('a'), one.sdpOffer({ offer: 'v=0' }), one.start()].map(idOf), [1, 2, 'a', null, 3])
  t.strictSame([other.whoami(), other.ping(0), other.disconnect(), other.disconnect(-1)].map(idOf), [41, 0, null, -1])
  t.equal(Number(idOf(RequestFactory.ping())), Number(idOf(RequestFactory.ping())) - 1, 'the shared one counts too')
})

t.test('refuses ids that could not be echoed', async (t) => {
  for (const id of ['', 'x'.repeat(129), 1.5, NaN, 2 ** 53, null, true, {}] as never[]) {
    t.throws(() => RequestFactory.ping(id), TypeError, JSON.stringify(id))
    t.throws(() => RequestFactory.auth({ token: 't', version: '1.0' }, id), TypeError)
    t.throws(() => ResponseFactory.ping(id), TypeError)
    if (id !== null) t.throws(() => ResponseFactory.internal(id), TypeError)
  }
  t.throws(() => RequestFactory.ping('' as never), { message: 'an id is a safe integer or a string of 1 to 128 characters, not ""' })
  for (const first of [0.5, 2 ** 53, '1', null]) t.throws(() => createRequestFactory(first as never), TypeError)
})

/** Such as a test runner's that gives each file a context of its own. */
function bufferOfAnotherRealm (bytes: Uint8Array): unknown {
  return runInNewContext('Uint8Array.from(bytes).buffer', { bytes }) as unknown
}

t.test('takes the same from a socket in every form', async (t) => {
  const text = ResponseFactory.whoami('ü😀', { domain: 'häuser.example', agent: null, role: 'user', userId: 'ада', roomId: 'r1', ipAddress: '::1', tokenIssued: null, validFrom: null, validTo: null })
  const bytes = Buffer.from(text)
  const within = Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('}')])
  const whole = new Uint8Array(bytes)
  const forms = {
    string: text,
    Buffer: bytes,
    'a view within a longer buffer': within.subarray(2, within.length - 1),
    DataView: new DataView(whole.buffer),
    ArrayBuffer: whole.buffer,
    'an ArrayBuffer of another realm': bufferOfAnotherRealm(bytes),
    'fragments, cut within characters': Array.from(bytes, (byte) => Buffer.from([byte])),
    'one fragment': [bytes],
    'a parsed object': JSON.parse(text) as unknown
  }
  const expected = ResponseAdapter.whoami(text)
  t.equal(expected?.result.userId, 'ада')
  for (const [form, data] of Object.entries(forms)) t.strictSame(ResponseAdapter.whoami(data), expected, form)
  t.strictSame(JSON.parse(`[${text},${ResponseFactory.ping(1)}]`).map((member: unknown) => namesIn(ResponseAdapter, member)), [['whoami'], ['ping']], 'members of a batch')
})

t.test('says null to junk and never throws', async (t) => {
  const cycle: Record<string, unknown> = { id: 1, jsonrpc: '2.0' }
  cycle['result'] = cycle
  const hostile = { id: 1, jsonrpc: '2.0', get result () { throw new Error('caught you') } }
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const ping = JSON.parse(ResponseFactory.ping(1)) as object
  const junk: unknown[] = [
    undefined, null, true, 7, NaN, 1n, Symbol('x'), () => 'pong', '', 'pong', '"pong"', '{', '[]', '[{}]', '{}', new Blob(['{}']), new Date(), new Map(), [], [[]], [Buffer.alloc(0), 'x'],
    Buffer.alloc(0), [Buffer.alloc(0)], Buffer.from([0xff, 0xfe]), new ArrayBuffer(8), cycle, hostile, proxy, Object.create(null),
    `[${ResponseFactory.ping(1)}]`, [ping], `\ufeff${ResponseFactory.ping(1)}`,
    '{"id":1,"jsonrpc":"2.0","result":"pong","__proto__":{}}', { ...ping, jsonrpc: '1.0' }, { ...ping, id: null }, { ...ping, id: 1.5 }, { ...ping, id: '' },
    { ...ping, result: 'PONG' }, { ...ping, result: ['pong'] }, { ...ping, result: null }, { ...ping, error: null }, { ...ping, method: 'ping' },
    { ...ping, error: { code: -32700, message: 'Parse error' } }, { id: null, jsonrpc: '2.0', error: null }, { id: null, jsonrpc: '2.0', error: [] },
    { id: null, jsonrpc: '2.0', error: -32700 }, { id: null, jsonrpc: '2.0', error: { code: '-32700', message: 'Parse error' } }, { id: null, jsonrpc: '2.0', error: { code: -32700 } },
    { id: null, jsonrpc: '2.0', error: { code: -32000, message: 'Parse error' } },
    { id: null, jsonrpc: '2.0', method: 'ping' }, { id: 1, jsonrpc: '2.0', method: 'ping', params: null }, { id: 1, jsonrpc: '2.0', method: 'ping', params: [] },
    { id: 1, jsonrpc: '2.0', method: 'auth' }, { id: 1, jsonrpc: '2.0', method: '__proto__' }, { id: 1, jsonrpc: '2.0', method: 'constructor' },
    { id: null, jsonrpc: '2.0', method: 'sdpOffer' }, { id: null, jsonrpc: '2.0', method: 'sdpOffer', params: { offer: '' } }, { id: null, jsonrpc: '2.0', method: 'chat', params: { to: [7], message: 'x' } },
    { id: 1, jsonrpc: '2.0', result: { userId: 'ada' } }
  ]
  for (const [index, data] of junk.entries()) {
    t.strictSame(namesIn(ResponseAdapter, data), [], `to a client, ${index}`)
    t.strictSame(namesIn(RequestAdapter, data), [], `to a server, ${index}`)
  }
})

t.test('leaves prototypes alone in parsed objects, too', async (t) => {
  const data = JSON.parse('{"id":1,"jsonrpc":"2.0","method":"ping","params":{"__proto__":{"polluted":1}}}') as unknown
  t.equal(RequestAdapter.ping(data), null)
  t.equal(({} as { polluted?: unknown }).polluted, undefined)
})

t.test('gives an error the data that the protocol has for it, and no other', async (t) => {
  t.equal(ResponseAdapter.callOrder(ResponseFactory.callOrder(3, { required: 'start' }))?.error.data?.required, 'start')
  t.equal(ResponseAdapter.tooMany(ResponseFactory.tooMany(3, { retryAfterMs: 250 }))?.error.data?.retryAfterMs, 250)
  t.strictSame(ResponseAdapter.invalidParams(ResponseFactory.invalidParams(3, { path: '/version', reason: 'no', supported: ['1.0'] }))?.error.data?.supported, ['1.0'])
  const odd = ResponseAdapter.unavailable(ResponseFactory.unavailable('x', { retryAfterMs: 'soon' }))
  t.strictSame(odd?.error, { code: -7001, message: 'Service Unavailable' })
  t.notOk('data' in (ResponseAdapter.parse(ResponseFactory.parse(null, 'at 7'))?.error ?? {}))
  t.match(ResponseAdapter.parse('{"id":null,"jsonrpc":"2.0","error":{"code":-32700,"message":"in other words"}}'), { error: { message: 'in other words' } }, 'the code says which')
})

t.test('gives absent params as an empty object, as handlers get them', async (t) => {
  t.strictSame(RequestAdapter.ping('{"id":1,"jsonrpc":"2.0","method":"ping"}')?.params, {})
  t.strictSame(RequestAdapter.start('{"id":1,"jsonrpc":"2.0","method":"start","params":{"more":1}}')?.params, { more: 1 })
})

export type Inferred = [
  Expect<Equal<ReturnType<typeof ResponseAdapter.whoami>, AnswerOf<typeof Whoami> | null>>,
  Expect<Equal<ReturnType<typeof ResponseAdapter.chat>, NotificationOf<typeof Chat> | null>>,
  Expect<Equal<ReturnType<typeof RequestAdapter.auth>, RequestOf<typeof Auth> | null>>,
  Expect<Equal<ReturnType<typeof ResponseAdapter.callOrder>, RefusalOf<'callOrder'> | null>>,
  Expect<Equal<NonNullable<ReturnType<typeof ResponseAdapter.ping>>['result'], 'pong'>>,
  Expect<Equal<NonNullable<ReturnType<typeof RequestAdapter.chat>>['id'], string | number | null>>,
  Expect<Equal<Parameters<typeof RequestFactory.ping>, [id?: string | number]>>,
  Expect<Equal<Parameters<typeof ResponseFactory.start>, [id: string | number]>>,
  Expect<Equal<Extract<'disconnect', keyof typeof ResponseAdapter>, never>>
]

/** Compiled, never run. */
export function refused (): unknown[] {
  return [
    // @ts-expect-error params that are missing
    RequestFactory.auth(),
    // @ts-expect-error a param of the wrong type
    RequestFactory.auth({ token: 7, version: '1.0' }),
    // @ts-expect-error params where there are none
    RequestFactory.ping({}),
    // @ts-expect-error a server does not disconnect so
    ResponseFactory.disconnect,
    // @ts-expect-error a result that is incomplete
    ResponseFactory.whoami(4, { userId: 'ada' })
  ]
}
