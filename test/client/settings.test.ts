import t from 'tap'
import type { ClientOptions } from '../../lib/client/options.ts'
import { settingsOf } from '../../lib/client/settings.ts'

const GOOD: ClientOptions = { url: 'https://example.org/mse', getToken: () => 'a token' }

t.test('an address and a source of tokens are enough', async (t) => {
  t.match(settingsOf(GOOD), { openTimeoutMs: 5_000, minBackoffMs: 500, maxBackoffMs: 20_000, callTimeoutMs: 60_000, transports: ['websocket', 'events', 'poll'] })
})

t.test('an option that is undefined has its default', async (t) => {
  t.match(settingsOf({ ...GOOD, openTimeoutMs: undefined, transports: undefined, fetch: undefined } as unknown as ClientOptions), { openTimeoutMs: 5_000, transports: ['websocket', 'events', 'poll'], fetch: Function })
})

const ADDRESSES = [
  ['https://example.org/mse?a=b', 'https://example.org/mse?a=b'],
  ['wss://example.org/mse', 'https://example.org/mse'],
  ['ws://127.0.0.1:3000/mse', 'http://127.0.0.1:3000/mse']
] as const
for (const [given, taken] of ADDRESSES) {
  t.test(`${given} is taken as ${taken}`, async (t) => {
    t.equal(settingsOf({ ...GOOD, url: given }).url.href, taken)
  })
}

t.test('in a page an address may be a path', async (t) => {
  t.teardown(() => { Reflect.deleteProperty(globalThis, 'location') })
  Object.assign(globalThis, { location: { href: 'https://example.org/rooms/7' } })
  t.equal(settingsOf({ ...GOOD, url: '/mse' }).url.href, 'https://example.org/mse')
})

t.test('0 is never, or for ever, where it says so', async (t) => {
  t.match(settingsOf({ ...GOOD, callTimeoutMs: 0, upgradeIntervalMs: 0 }), { callTimeoutMs: 0, upgradeIntervalMs: 0 })
  t.match(settingsOf({ ...GOOD, messagesPerSecond: Infinity }), { messagesPerSecond: Infinity })
})

const AMOUNTS = ['openTimeoutMs', 'minBackoffMs', 'maxBackoffMs', 'silenceMs', 'aliveTimeoutMs', 'maxQueuedBytes', 'messagesPerSecond']
const BAD: Array<[option: string, value: unknown, message: string]> = [
  ['url', undefined, 'url: undefined is not an address with http: or ws:'],
  ['url', '/mse', 'url: /mse is not an address with http: or ws:'],
  ['url', 'ftp://example.org/mse', 'url: ftp://example.org/mse is not an address with http: or ws:'],
  ['getToken', undefined, 'getToken: undefined is not a function'],
  ['getToken', 'a token', 'getToken: a token is not a function'],
  ['fetch', 5, 'fetch: 5 is not a function'],
  ['random', 0.5, 'random: 0.5 is not a function'],
  ['transports', [], 'transports:  is not a list of websocket, events, poll'],
  ['transports', 'websocket', 'transports: websocket is not a list of websocket, events, poll'],
  ['transports', ['events', 'sse'], 'transports: events,sse is not a list of websocket, events, poll'],
  ['callTimeoutMs', -1, 'callTimeoutMs: -1 is not a positive number'],
  ['upgradeIntervalMs', Number.NaN, 'upgradeIntervalMs: NaN is not a positive number'],
  ...AMOUNTS.map((name): [string, unknown, string] => [name, 0, `${name}: 0 is not a positive number`]),
  ...AMOUNTS.map((name): [string, unknown, string] => [name, '5', `${name}: 5 is not a positive number`]),
  ['openTimeoutMs', null, 'openTimeoutMs: null is not a positive number']
]
for (const [option, value, message] of BAD) {
  t.test(`${option} that is ${JSON.stringify(value) ?? String(value)} is refused by name and value`, async (t) => {
    t.throws(() => settingsOf({ ...GOOD, [option]: value } as ClientOptions), new TypeError(message))
  })
}
