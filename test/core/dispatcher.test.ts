import { Type } from '@sinclair/typebox'
import t from 'tap'
import { MseError, defineMethod, defineNotification } from '../../lib/protocol/index.ts'
import { bench, settle } from './server-under-test.ts'

const Work = defineMethod({ name: 'work', access: 'public', result: Type.Unknown() })
const INTERNAL = (errorId: unknown): object => ({ id: 1, jsonrpc: '2.0', error: { code: -32603, message: 'Internal error', data: { errorId } } })

/** Throws what should not be thrown. */
function raise (value: unknown): never {
  throw value
}

/** Every way in which a handler can fail without an MseError. */
function failures (): Record<string, () => unknown> {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  return {
    'throws an error': () => { throw new Error('password=canary') },
    'throws null': () => raise(null),
    'throws undefined': () => raise(undefined),
    'throws a string': () => raise('password=canary'),
    rejects: () => Promise.reject(new Error('password=canary')),
    'rejects with nothing': async () => raise(undefined),
    'returns a circle': () => circular,
    'resolves with a circle': async () => circular,
    'returns a BigInt': () => 1n,
    'returns a getter that throws': () => ({ get a () { throw new Error('password=canary') } }),
    'returns a toJSON that throws': () => ({ toJSON () { throw new Error('password=canary') } }),
    'throws an MseError whose data JSON cannot carry': () => { throw new MseError('tooMany', { circular }) },
    'returns a thenable that throws': () => ({ then () { throw new Error('password=canary') } }),
    'returns a thenable whose then cannot be read': () => ({ get then () { throw new Error('password=canary') } })
  }
}

for (const [what, handler] of Object.entries(failures())) {
  t.test(`answers -32603 once, with the errorId that is in the log, to a handler that ${what}`, async (t) => {
    const { server, open, log } = bench()
    server.method(Work, handler as never)
    const { send, next, link } = open()
    send('work')
    const answer = await next()
    const [line, ...more] = log.filter(({ level }) => level === 'error')
    t.match(line, { message: 'a handler failed', details: { method: 'work', errorId: /^[\w-]{12}$/ } })
    t.strictSame(answer, INTERNAL(line?.details['errorId']), 'and nothing of the cause')
    t.strictSame(more, [])
    await settle()
    t.equal(link.frames.length, 1)
    t.equal(server.counters.internalErrors, 1)
    t.equal(link.closed, null)
  })
}

t.test('says nothing to a notification whose handler fails, and counts it', async (t) => {
  const { server, open, log } = bench()
  server.method(defineNotification({ name: 'told', access: 'public' }), () => Promise.reject(new Error('of its own')))
  const { send, link } = open()
  send('told', {}, null)
  await settle()
  t.strictSame(link.frames, [])
  t.match(log, [{ level: 'error', details: { method: 'told', err: { message: 'of its own' } } }])
  t.equal(server.counters.internalErrors, 1)
})

t.test('answers with the error that a handler throws on purpose', async (t) => {
  const { server, open, log } = bench()
  server.method(Work, async () => { throw new MseError('unavailable', { retryAfterMs: 7 }) })
  const { send, next } = open()
  send('work')
  t.match(await next(), { id: 1, error: { code: -7001, data: { retryAfterMs: 7 } } })
  t.strictSame(log, [])
  t.equal(server.counters.errors, 1)
})

t.test('answers for a handler that never settles, frees its place and leaves no timer', async (t) => {
  const { server, clock, open, log } = bench({ limits: { callTimeoutMs: 5_000, authTimeoutMs: 60_000, maxCallsInFlight: 1 } })
  let settleLate = (_value: unknown): void => {}
  server.method(Work, () => new Promise((resolve) => { settleLate = resolve }))
  const { session, send, next, link } = open()
  send('work')
  t.equal(session.callsInFlight, 1)
  clock.advance(4_999)
  await settle()
  t.strictSame(link.frames, [])
  clock.advance(1)
  t.match(await next(), { id: 1, error: { code: -32603 } })
  await settle()
  t.equal(session.callsInFlight, 0)
  t.match(log, [{ details: { err: { message: 'the handler did not settle within 5000 ms' } } }])
  settleLate('late')
  await settle()
  t.equal(link.frames.length, 1, 'what comes late is not sent')
  t.equal(clock.pending, 1, 'the authentication timer alone')
  session.end({ code: 1000, text: '' })
  t.equal(clock.pending, 0)
})

t.test('leaves no timer behind a handler that settles', async (t) => {
  const { server, clock, open } = bench()
  server.method(Work, async () => 'done')
  const { send, next } = open()
  const before = clock.pending
  send('work')
  t.match(await next(), { result: 'done' })
  await settle()
  t.equal(clock.pending, before)
})

t.test('sends nothing for a handler that settles when the session is over', async (t) => {
  const { server, open, log } = bench()
  let finish = (_value: unknown): void => {}
  server.method(Work, () => new Promise((resolve) => { finish = resolve }))
  const { session, send, link } = open()
  send('work')
  session.end({ code: 1000, text: '' })
  finish('late')
  await settle()
  t.strictSame(link.frames, [])
  t.strictSame(log, [])
  t.equal(session.callsInFlight, 0)
})

t.test('refuses quickly what is above the calls in flight, and each session has its own', async (t) => {
  const { server, open } = bench({ limits: { messageBurst: 20_000 } })
  server.method(Work, () => new Promise(() => {}))
  const [busy, free] = [open(), open()]
  for (let id = 0; id < 10_000; id++) busy.send('work', {}, id)
  t.equal(busy.session.callsInFlight, 32)
  t.equal(busy.link.frames.length, 10_000 - 32)
  t.match(JSON.parse(busy.link.frames[0] ?? ''), { id: 32, error: { code: -8001, data: { retryAfterMs: 100 } } })
  free.send('ping')
  t.match(await free.next(), { result: 'pong' })
})

t.test('does not count a result that JSON cannot carry as a success', async (t) => {
  const { server, open } = bench()
  server.method(Work, () => 1n)
  server.method(defineMethod({ name: 'next', access: 'public', after: ['work'] }), () => null)
  const { session, send, next } = open()
  send('work')
  t.match(await next(), { error: { code: -32603 } })
  send('next')
  t.match(await next(), { error: { code: -6001, data: { required: 'work' } } })
  t.strictSame(session.record.succeeded, [])
})

t.test('counts what it does not answer', async (t) => {
  const { server, open, log } = bench({ limits: { messageBurst: 6 } })
  const { session } = open()
  for (const text of ['{', '[1,2]', '{"id":1,"result":1,"jsonrpc":"2.0"}', '{"method":"nope","jsonrpc":"2.0"}', '{"id":1,"method":"nope","jsonrpc":"2.0"}', '{"method":"ping","jsonrpc":"2.0"}']) {
    session.receive(text)
  }
  t.strictSame(server.counters, { faults: 3, strayResponses: 1, errors: 2, refusedNotifications: 1, refusedByLimit: 1, internalErrors: 0 })
  t.match(log, [{ level: 'debug', details: { method: 'nope', code: -32601, transport: 'memory' } }])
})

t.test('cuts a long name in the log and never repeats the input in an answer', async (t) => {
  const { open, log } = bench()
  const { send, next } = open()
  const name = 'canary'.repeat(1_000)
  send(name, {}, null)
  t.equal(String(log[0]?.details['method']).length, 65)
  send(name)
  t.notMatch(JSON.stringify(await next()), 'canary')
  send('auth', { token: { [name]: 1 }, version: '1.0' })
  t.notMatch(JSON.stringify(await next()), 'canary')
})
