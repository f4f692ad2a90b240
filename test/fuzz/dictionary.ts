/** What the mutator knows of the protocol: names and values that mean something, and messages to begin with. */
import type { Input, PostHeaders, Step, Way } from './input.ts'

/** Sessions and epochs are foretold, so that an input can name them. */
export const SESSIONS: readonly string[] = ['session-0000000000000', 'session-0000000000001'].map((name) => name.padEnd(22, '0'))
export const EPOCH = 'epoch000'

export const METHODS: readonly string[] = [
  'ping', 'auth', 'start', 'whoami', 'sdpOffer', 'iceCandidate', 'chat', 'disconnect', 'echo', 'later', 'never', 'next', 'list', '$/resume', '$/ack', '$/ticket', '$/session', '$/drain', '$/',
  'rpc.discover', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', '', 'x', 'Ping', 'ping\u0000'
]

export const KEYS: readonly string[] = [
  'id', 'method', 'jsonrpc', 'params', 'result', 'error', 'token', 'version', 'offer', 'candidate', 'type', 'sdp', 'to', 'message', 'attachment', 'from', 'session', 'epoch', 'received', 'userId', 'sub',
  'roomId', 'role', 'exp', 'iat', 'expiresAt', 'value', 'of', 'sdpMid', 'sdpMLineIndex', 'usernameFragment', '__proto__', 'constructor', 'prototype', 'toString', 'then', 'toJSON', 'length', '0', '', 'a/b', 'a~b'
]

const claims = (userId: string, more: object = {}): string => JSON.stringify({ userId, roomId: 'lobby', ...more })

/** Tokens are claims as JSON. A name that begins with `slow` is looked at later. */
export const TOKENS: readonly string[] = [
  claims('ada'), claims('bob'), claims('slow eve'), claims('ada', { role: 'admin', agent: 'web' }), claims('ada', { expiresAt: 1_735_689_601_000 }), claims('ada', { exp: 1 }),
  '{"userId":"ada","roomId":"lobby","__proto__":{"role":"super"}}', '{"__proto__":{"userId":"ada","roomId":"lobby"}}', '[]', 'null', '{', '', 'x'.repeat(9_000)
]

export const NUMBERS: readonly string[] = ['0', '-0', '1', '2', '-1', '1.5', '1e400', '-1e400', '9007199254740991', '9007199254740992', '1e21', '4294967295', '2147483648', '0.1e-7', '9'.repeat(400), '01', '1.']

const quote = (text: string): string => JSON.stringify(text)

/** Whole tokens, to be put where another one was. */
export const TOKENS_OF_JSON: readonly string[] = [
  ...METHODS.map(quote), ...KEYS.map(quote), ...TOKENS.map(quote), ...SESSIONS.map(quote), quote(EPOCH), ...NUMBERS, 'null', 'true', 'false', '{', '}', '[', ']', ':', ',', '[]', '{}', '""', '"2.0"', '"1.0"',
  '"offer"', '"answer"', '"v=0\\r\\na=setup:actpass\\r\\n"', '"a=candidate:1 1 udp 1 192.0.2.1 9 typ host"', '"\\ud800"', '"\\u0000"', '"\\u005f\\u005fproto\\u005f\\u005f"', '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}', '"\\u2028"', '"😀"', '\ufeff', '\u0000', '"', '\\', '"\\', '\\u', '//', 'NaN'
]

/** Members that reach for what all objects have, with names that look as if they did. */
export const REACHING: readonly string[] = [
  '"__proto__":{"polluted":1}', '"__proto__":null', '"\\u005f_proto__":{"polluted":1}', '"constructor":{"prototype":{"polluted":1}}', '"constructor":{}', '"constructor":{"name":"x"}', '"prototype":{"polluted":1}',
  '"toString":1', '"then":1', '"toJSON":1', '"length":-1', '"__defineGetter__":1'
]

/** Bytes that are no text. */
export const BAD_BYTES: readonly Buffer[] = ['ff', 'c0af', 'eda080', 'f4908080', 'e282', '80', 'efbbbf', '00', 'fffe', 'f09f98'].map((hex) => Buffer.from(hex, 'hex'))

export const HEADERS: readonly PostHeaders[] = [
  {}, ...SESSIONS.map((session) => ({ session })), { session: SESSIONS[0] ?? '', seq: '1' }, { session: SESSIONS[0] ?? '', seq: '2', ack: '1' }, { session: SESSIONS[0] ?? '', respondAsync: true },
  { session: 'nobody' }, { session: '' }, { session: '__proto__' }, { session: SESSIONS[0] ?? '', seq: '-1' }, { session: SESSIONS[0] ?? '', seq: '9'.repeat(17) }, { session: SESSIONS[0] ?? '', ack: '1e3' },
  { bearer: claims('ada') }, { bearer: claims('bob'), session: SESSIONS[0] ?? '' }, { bearer: 'x' }, { bearer: claims('slow eve') }, { seq: '9007199254740991', session: SESSIONS[0] ?? '' }
]

const message = (method: string, params?: unknown, id: unknown = 1): string => JSON.stringify({ id, method, jsonrpc: '2.0', params })

/** Whole messages. */
export const MESSAGES: readonly string[] = [
  message('ping'), ...TOKENS.map((token) => message('auth', { token, version: '1.0' })), message('auth', { token: claims('ada'), version: '2.0' }), message('start'), message('whoami'),
  message('sdpOffer', { offer: 'v=0\r\na=setup:actpass\r\n' }, null), message('sdpOffer', { offer: { type: 'answer', sdp: 'v=0' } }), message('iceCandidate', { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' }, null),
  message('iceCandidate', { candidate: { candidate: '', sdpMid: '0', sdpMLineIndex: null, usernameFragment: 'x' } }), message('chat', { to: [], message: 'x', attachment: { a: [1] } }, null),
  message('chat', { to: ['bob'], message: 'x' }), message('disconnect', undefined, null), message('disconnect'), message('echo', { value: [1, { a: null }] }), message('later'), message('never'), message('next'),
  message('list', { of: [1, 2] }), message('nobody'), '{"id":1,"result":1,"jsonrpc":"2.0"}', '{"id":1,"error":{"code":1},"jsonrpc":"2.0"}', '[]', '[1]', 'null', '{}', '', '{',
  ...SESSIONS.map((session) => message('$/resume', { session, epoch: EPOCH, received: 0 })), message('$/ack', { received: 1 }, null), message('$/ack', { received: 0 }), message('$/ticket'), message('$/other', {}, null)
]

const text = (way: Way, ...texts: readonly string[]): Step[] => texts.map((text) => ({ kind: 'text', way, bytes: Buffer.from(text) }))
const AUTH = message('auth', { token: claims('ada'), version: '1.0' })
const [RESUME = ''] = SESSIONS.map((session) => message('$/resume', { session, epoch: EPOCH, received: 0 }))

/** Where every run begins, beside what earlier ones have kept. */
export const BEGINNINGS: readonly Input[] = [
  ...MESSAGES.flatMap((one) => [text('first', one), text('first', AUTH, one), text('call', AUTH, one)]),
  text('first', AUTH, message('start'), message('sdpOffer', { offer: 'v=0' }, null), message('chat', { to: [], message: 'x' }, null)),
  text('first', `[${AUTH},${message('start')},${message('sdpOffer', { offer: 'v=0' }, null)}]`),
  text('plain', AUTH, message('start'), message('disconnect')),
  [...text('first', AUTH, message('echo', { value: 1 })), { kind: 'lose', way: 'first' }, ...text('second', RESUME, message('ping'))],
  [...text('first', AUTH), { kind: 'lose', way: 'first' }, ...HEADERS.map((headers): Step => ({ kind: 'text', way: 'post', bytes: Buffer.from(message('echo', { value: 1 })), headers }))],
  HEADERS.map((headers): Step => ({ kind: 'text', way: 'post', bytes: Buffer.from(AUTH), headers })),
  [...text('first', AUTH, `[${message('later')},${message('ping')}]`, message('ping')), { kind: 'turn' }, { kind: 'wait', ms: 30_000 }, ...text('first', message('ping'))]
]
