import Fastify from 'fastify'
import t from 'tap'
import { type MseOptions, mse } from '../../index.ts'
import { DEFAULT_TIMES, limitsOf, timesOf } from '../../plugins/options.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { TEST_SECRET } from '../helpers/tokens.ts'

const jwt = { secret: TEST_SECRET }

/** Option, bad value, what the message says of it. */
const BAD: ReadonlyArray<readonly [string, unknown, string]> = [
  ['authTimeoutMs', 0, 'must be integer to be greater or equal to 1, not 0'],
  ['authTimeoutMs', -1, 'must be integer to be greater or equal to 1, not -1'],
  ['authTimeoutMs', 1.5, 'must be integer, not 1.5'],
  ['authTimeoutMs', NaN, 'must be integer, not NaN'],
  ['authTimeoutMs', Infinity, 'must be integer, not Infinity'],
  ['authTimeoutMs', '10s', 'must be integer, not \'10s\''],
  ['authTimeoutMs', null, 'must be integer, not null'],
  ['maxRefusedAuths', 0, 'must be integer to be greater or equal to 1, not 0'],
  ['maxUnauthenticatedMessageBytes', true, 'must be integer, not true'],
  ['maxMessageBytes', 10n, 'must be integer, not 10n'],
  ['maxMessageBytes', 2 ** 32, 'must be integer to be less or equal to 2147483647, not 4294967296'],
  ['messagesPerSecond', 0, 'must be number to be greater than 0, not 0'],
  ['messagesPerSecond', Infinity, 'must be number, not Infinity'],
  ['messagesPerSecond', NaN, 'must be number, not NaN'],
  ['messageBurst', 0, 'must be integer to be greater or equal to 1, not 0'],
  ['maxCallsInFlight', [], 'must be integer, not []'],
  ['maxSessionsPerUser', {}, 'must be integer, not {}'],
  ['callTimeoutMs', -30_000, 'must be integer to be greater or equal to 1, not -30000'],
  ['tokenGraceMs', -1, 'must be integer to be greater or equal to 0, not -1'],
  ['maxBufferedBytes', 0, 'must be integer to be greater or equal to 1, not 0'],
  ['pingIntervalMs', 0, 'must be integer to be greater or equal to 1, not 0'],
  ['pongTimeoutMs', NaN, 'must be integer, not NaN'],
  ['closeTimeoutMs', -1, 'must be integer to be greater or equal to 0, not -1'],
  ['closeTimeoutMs', 2 ** 31, 'must be integer to be less or equal to 2147483647, not 2147483648'],
  ['environment', 'test', 'must be "development" or "production", not \'test\''],
  ['notificationId', null, 'must be "null" or "omit", not null'],
  ['path', 'mse', 'must start with "/" and have no query, not \'mse\''],
  ['path', '/mse?token=', 'must start with "/" and have no query, not \'/mse?token=\''],
  ['path', '', 'must start with "/" and have no query, not \'\''],
  ['prefix', 'v1', 'must be empty, or start with "/" and have no query, not \'v1\''],
  ['name', 'my-mse', 'must be a JavaScript name, not \'my-mse\''],
  ['name', '__proto__', 'must be a JavaScript name, not \'__proto__\''],
  ['allowedOrigins', 'https://a.example', 'must be a list of origins such as "https://app.example", not \'https://a.example\''],
  ['allowedOrigins', ['a.example'], 'must be a list of origins such as "https://app.example", not [ \'a.example\' ]'],
  ['allowedOrigins', ['https://a.example/'], 'must be a list of origins such as "https://app.example", not [ \'https://a.example/\' ]'],
  ['allowedOrigins', ['*'], 'must be a list of origins such as "https://app.example", not [ \'*\' ]'],
  ['allowedOrigins', ['null'], 'must be a list of origins such as "https://app.example", not [ \'null\' ]'],
  ['dangerouslyAllowAnyOrigin', 'yes', 'must be boolean, not \'yes\''],
  ['allowedHosts', ['a.example:80'], 'must be a list of host names without port, not [ \'a.example:80\' ]'],
  ['allowedHosts', [1], 'must be a list of host names without port, not [ 1 ]'],
  ['health', 'no', 'must be boolean, not \'no\''],
  ['jwt', null, 'must be an object with secret, jwks or verify, not null'],
  ['jwt', TEST_SECRET.slice(0, 4), 'must be an object with secret, jwks or verify, not \'a te\''],
  ['engine', null, 'must be an object with the methods join and close, not null'],
  ['engine', { name: 'half', join () {} }, 'must be an object with the methods join and close, not { name: \'half\', join: [Function: join] }'],
  ['engine', class Engine {}, 'must be an object with the methods join and close, not [class Engine]'],
  ['clock', { now: Date.now }, 'must be an object with the methods now and after, not { now: [Function: now] }']
]

for (const [option, value, message] of BAD) {
  t.test(`refuses to boot with ${option} ${typeof value === 'bigint' ? '10n' : JSON.stringify(value) ?? 'of a class'}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(Promise.resolve(app.register(mse, { jwt, [option]: value })), { code: 'MSE_ERR_BAD_OPTION', message: `option "${option}": ${message}` })
  })
}

t.test('refuses to boot with an option that it does not know, and keeps its value to itself', async (t) => {
  for (const name of ['authTimeotMs', 'maxmessagebytes', 'secret', 'heartbeat', 'a/b~c', '']) {
    const app = Fastify()
    t.teardown(() => app.close())
    const error = await Promise.resolve(app.register(mse, { jwt, [name]: TEST_SECRET } as MseOptions)).then(() => null, (error: unknown) => error as Error)
    t.match(error, { code: 'MSE_ERR_BAD_OPTION', message: `option "${name}" is unknown` })
    t.notMatch(String(error?.stack), TEST_SECRET)
  }
})

t.test('names the wrong option beside an engine and a clock that are right', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(Promise.resolve(app.register(mse, { jwt, engine: new RecordingEngine(), messageBurst: -1 })), { message: /^option "messageBurst"/ })
})

t.test('takes undefined for an option that is not there, and what is at the edge', async (t) => {
  for (const options of [
    { path: undefined, name: undefined, engine: undefined, clock: undefined, allowedOrigins: undefined, authTimeoutMs: undefined },
    { authTimeoutMs: 1, tokenGraceMs: 0, closeTimeoutMs: 0, messagesPerSecond: 0.5, allowedOrigins: [], allowedHosts: ['[::1]', 'a.example'] },
    { pingIntervalMs: Number.MAX_SAFE_INTEGER, maxMessageBytes: 2 ** 31 - 1, prefix: '', path: '/', allowedOrigins: ['capacitor://localhost'] }
  ]) {
    const app = Fastify()
    await app.register(mse, { jwt, ...options } as MseOptions)
    await app.ready()
    await app.close()
  }
})

t.test('has the documented defaults', async (t) => {
  t.strictSame(limitsOf({}), {
    authTimeoutMs: 10_000,
    maxRefusedAuths: 5,
    refusedAuthsPerSecond: 10,
    refusedAuthBurst: 200,
    anonymousPostsPerSecond: 100,
    anonymousPostBurst: 1_000,
    countLocalNetworks: false,
    maxUnauthenticatedMessageBytes: 16_384,
    maxMessageBytes: 262_144,
    messagesPerSecond: 50,
    messageBurst: 100,
    maxCallsInFlight: 32,
    maxSessionsPerUser: 16,
    callTimeoutMs: 30_000,
    tokenGraceMs: 25_000,
    maxBufferedBytes: 1_048_576,
    holdBytes: 65_536,
    stallTimeoutMs: 10_000,
    outboxMessages: 256,
    outboxBytes: 262_144,
    resumeWindowMs: 60_000,
    mediaResumeWindowMs: 300_000,
    gapTimeoutMs: 2_000,
    replayMs: 60_000,
    heartbeatMs: 15_000,
    pollTimeoutMs: 25_000,
    expiryWarningMs: 60_000,
    ticketMs: 30_000,
    drainTimeoutMs: 30_000
  })
  t.strictSame(timesOf({}), { pingIntervalMs: 20_000, pongTimeoutMs: 10_000, closeTimeoutMs: 1_000 })
  t.strictSame(timesOf({ closeTimeoutMs: 0 }), { ...DEFAULT_TIMES, closeTimeoutMs: 0 })
})

t.test('lets nobody send more before authentication than after it', async (t) => {
  t.equal(limitsOf({ maxMessageBytes: 1_024 }).maxUnauthenticatedMessageBytes, 1_024)
  t.equal(limitsOf({ maxMessageBytes: 65_536 }).maxUnauthenticatedMessageBytes, 16_384)
})

t.test('refuses to boot without a key', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(Promise.resolve(app.register(mse)), { code: 'MSE_ERR_NO_KEY' })
})
