/** What a caller sees, over each transport. */
import t from 'tap'
import { ClientError, type ClientErrorReason } from '../../lib/client/client-error.ts'
import { Echo, Gate, Hold, Note, TRANSPORTS, connect, connected, isClosed, say, startServer } from './sdk-world.ts'
import { makeToken } from '../helpers/tokens.ts'

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:1/mse'

const because = (reason: ClientErrorReason): Error => ({ name: 'ClientError', reason }) as unknown as Error

for (const transport of TRANSPORTS) {
  const only = { transports: [transport] }

  t.test(`calls by name and by contract are answered over ${transport}`, async (t) => {
    const { url } = await startServer(t)
    const { client } = await connected(t, url, only)
    t.equal(await client.call('ping'), 'pong')
    t.equal(await client.call(Echo, { text: 'häß€😀' }), 'häß€😀')
    t.strictSame(await Promise.all(Array.from({ length: 40 }, (_, n) => client.call(Echo, { text: `${n}` }))), Array.from({ length: 40 }, (_, n) => `${n}`))
  })

  t.test(`a quick call overtakes a slow one over ${transport}`, async (t) => {
    const { url, release, hasRun } = await startServer(t)
    const { client } = await connected(t, url, only)
    const slow = client.call(Hold, { n: 1 })
    await hasRun(1)
    t.equal(await client.call(Echo, { text: 'quick' }), 'quick')
    release.open()
    t.equal(await slow, 1)
  })

  t.test(`notifications arrive once and in order over ${transport}, those of the server too`, async (t) => {
    const { url, app, ran, hasRun } = await startServer(t)
    const { client, told, times } = await connected(t, url, only)
    const heard: unknown[] = []
    client.on('chat', ({ message }) => heard.push(message))
    const numbers = Array.from({ length: 70 }, (_, n) => n)
    for (const n of numbers) client.notify(Note, { n })
    for (const n of numbers) say(app, `${n}`)
    await Promise.all([hasRun(70), times('notification', 70)])
    t.strictSame(ran, numbers)
    t.strictSame(heard, numbers.map(String))
    t.strictSame(told.notification[0], { method: 'chat', params: { from: 'server', to: [], message: '0' } })
  })

  t.test(`what is called and said before there is a link waits for it, in order, over ${transport}`, async (t) => {
    const { url, ran } = await startServer(t)
    const { client } = connect(t, url, only)
    client.notify(Note, { n: 1 })
    const echoed = client.call(Echo, { text: 'two' })
    client.notify(Note, { n: 3 })
    const pong = client.call(Echo, { text: 'four' })
    t.equal(client.state, 'connecting')
    t.equal(client.transport, null)
    await Promise.all([echoed, pong])
    t.strictSame(ran, [1, 'two', 3, 'four'])
    t.strictSame([client.state, client.transport], ['open', transport])
  })

  t.test(`an error of the server has its code, its data and its wish over ${transport}`, async (t) => {
    const { url } = await startServer(t)
    const { client } = await connected(t, url, only)
    await t.rejects(client.call(Echo, { text: 5 } as never), { name: 'ClientError', reason: 'refused', code: -32602, message: 'Invalid params', data: { path: '/text' }, retryAfterMs: undefined })
    await t.rejects(client.call('nothing' as 'ping'), { reason: 'refused', code: -32601 })
    await t.rejects(client.call('sdpOffer', { offer: 'v=0' }), { code: -6001, data: { required: 'start' } })
    const error = await client.call('start').catch((error: unknown) => error)
    t.ok(error instanceof ClientError)
    t.match(error, { reason: 'refused', code: -7001, retryAfterMs: Number })
    t.equal(client.state, 'open', 'and the link has nothing to do with it')
  })

  t.test(`a call that is answered too late has timed out, and its answer harms nobody, over ${transport}`, async (t) => {
    const { url, release, hasRun, ran } = await startServer(t)
    const { client } = await connected(t, url, only)
    await t.rejects(client.call(Hold, { n: 1 }, { timeoutMs: 1 }), { reason: 'timeout', code: 0, message: 'hold was not answered in 1 ms' })
    await hasRun(1)
    release.open()
    t.equal(await client.call(Hold, { n: 2 }), 2)
    t.strictSame(ran, ['hold 1', 'hold 2'])
  })

  t.test(`a call that was sent and is given up may run, and its answer is ignored, over ${transport}`, async (t) => {
    const { url, release, hasRun, ran } = await startServer(t)
    const { client } = await connected(t, url, only)
    const abort = new AbortController()
    const call = client.call(Hold, { n: 1 }, { signal: abort.signal })
    await hasRun(1)
    abort.abort(new Error('the user has left'))
    await t.rejects(call, { reason: 'aborted', cause: { message: 'the user has left' } })
    release.open()
    t.equal(await client.call(Hold, { n: 2 }), 2)
    t.strictSame(ran, ['hold 1', 'hold 2'])
  })

  t.test(`a call that is given up before it is sent never runs over ${transport}`, async (t) => {
    const { url, ran } = await startServer(t)
    const token = new Gate<string>()
    const { client } = connect(t, url, { ...only, getToken: () => token.promise })
    const abort = new AbortController()
    const aborted = client.call(Echo, { text: 'aborted' }, { signal: abort.signal })
    const late = client.call(Echo, { text: 'late' }, { timeoutMs: 1 })
    const waits = client.call(Echo, { text: 'waits' })
    abort.abort()
    await t.rejects(aborted, because('aborted'))
    await t.rejects(late, because('timeout'))
    await t.rejects(client.call(Echo, { text: 'already' }, { signal: AbortSignal.abort() }), because('aborted'))
    token.open(makeToken())
    t.equal(await waits, 'waits')
    t.strictSame(ran, ['waits'])
  })

  t.test(`what the server would not take is refused here over ${transport}`, async (t) => {
    const { url } = await startServer(t)
    const { client } = await connected(t, url, only)
    const padding = 'ä'.repeat(131_100)
    await t.rejects(client.call(Echo, { text: padding }), { reason: 'tooBig', code: 0, message: /^echo has 262\d\d\d bytes, the server takes 262144$/ })
    t.throws(() => client.notify(Note, { n: 1, padding }), because('tooBig'))
    t.equal(await client.call('ping'), 'pong')
  })

  t.test(`what was said before the server told its limit, and is above it, is not tried for ever over ${transport}`, async (t) => {
    const { url, ran } = await startServer(t, { maxMessageBytes: 20_000 })
    const { client, states } = connect(t, url, only)
    const long = client.call(Echo, { text: 'x'.repeat(30_000) })
    const good = client.call(Echo, { text: 'good' })
    await t.rejects(long, because('tooBig'))
    t.equal(await good, 'good')
    t.strictSame([ran, states], [['good'], [`open ${transport}`]])
  })

  t.test(`too much that waits is refused over ${transport}`, async (t) => {
    const { client } = connect(t, NOBODY, { ...only, maxQueuedBytes: 1_000 })
    client.notify(Note, { n: 1, padding: 'x'.repeat(800) })
    t.ok(client.bufferedBytes > 800)
    t.throws(() => client.notify(Note, { n: 2, padding: 'x'.repeat(200) }), because('full'))
    await t.rejects(client.call(Echo, { text: 'x'.repeat(200) }), because('full'))
    client.notify(Note, { n: 3 })
    await client.close()
    t.throws(() => client.notify(Note, { n: 1 }), because('closed'))
    await t.rejects(client.call('ping'), because('closed'))
  })

  t.test(`a listener that throws is reported, and keeps nobody from being told, over ${transport}`, async (t) => {
    const { url, app } = await startServer(t)
    const reported: unknown[] = []
    Object.assign(globalThis, { reportError: (error: Error) => reported.push(error.message) })
    t.teardown(() => { Reflect.deleteProperty(globalThis, 'reportError') })
    const { client, states, times } = connect(t, url, only)
    client.on('state', () => { throw new Error('state') })
    client.on('chat', () => { throw new Error('chat') })
    const heard: string[] = []
    client.on('chat', ({ message }) => heard.push(message))
    const stop = client.on('chat', () => heard.push('never'))
    stop()
    stop()
    await times('session', 1)
    t.equal(await client.call('ping'), 'pong')
    say(app, 'hello')
    await times('notification', 1)
    t.strictSame([heard, states, reported], [['hello'], [`open ${transport}`], ['state', 'chat']])
  })

  t.test(`a listener that closes its client is the last to be told over ${transport}`, async (t) => {
    const { url, app } = await startServer(t)
    const { client, state } = await connected(t, url, only)
    const heard: string[] = []
    client.on('chat', ({ message }) => {
      heard.push(message)
      client.close()
    })
    for (const message of ['first', 'second', 'third']) say(app, message)
    await state(isClosed)
    await client.close()
    t.strictSame([heard, app.mse.sessions.size], [['first'], 0])
  })
}

t.test('a queue that is full has room again when the server has got what was in it', async (t) => {
  const { url, hasRun } = await startServer(t)
  const { client } = await connected(t, url, { transports: ['poll'], maxQueuedBytes: 1_000 })
  client.notify(Note, { n: 1, padding: 'x'.repeat(800) })
  t.throws(() => client.notify(Note, { n: 2, padding: 'x'.repeat(800) }), because('full'))
  await hasRun(1)
  await client.call('ping')
  client.notify(Note, { n: 3, padding: 'x'.repeat(800) })
  await hasRun(2)
})

t.test('messages are paced, so that the server drops none for its limit', async (t) => {
  const { url, ran } = await startServer(t, { messagesPerSecond: 20, messageBurst: 25 })
  const { client } = await connected(t, url, { messagesPerSecond: 10 })
  const numbers = Array.from({ length: 25 }, (_, n) => n)
  for (const n of numbers) client.notify(Note, { n })
  await client.call('ping')
  t.strictSame(ran, numbers)
})

t.test('less than one message a second is a pace, too', async (t) => {
  const { url } = await startServer(t)
  const { client } = await connected(t, url, { messagesPerSecond: 0.2 })
  t.equal(await client.call('ping'), 'pong')
})

t.test('no pace at all is one, too', async (t) => {
  const { url } = await startServer(t)
  const { client } = await connected(t, url, { messagesPerSecond: Infinity })
  t.equal((await Promise.all(Array.from({ length: 50 }, () => client.call('ping')))).length, 50)
})

t.test('a fetch that must not be called as a method, as those of browsers, is not', async (t) => {
  const { url } = await startServer(t)
  const picky = function (this: unknown, ...args: Parameters<typeof fetch>): ReturnType<typeof fetch> {
    if (this !== undefined) throw new TypeError('Illegal invocation')
    return fetch(...args)
  }
  const { client } = await connected(t, url, { transports: ['poll'], fetch: picky })
  t.equal(await client.call('ping'), 'pong')
})
