/** Streams that nobody may open, and several of one session at once. */
import t from 'tap'
import { makeToken } from '../helpers/tokens.ts'
import { join, portOf, startApp } from '../helpers/websocket-client.ts'
import { type Stream, type StreamEvent, openHttpCaller, openStream } from './http-caller.ts'
import { exchange } from './raw-http.ts'
import { standBy } from './witness.ts'

const STREAM = { accept: 'text/event-stream' } as const
const SHUTS_DOWN_AT_ONCE = { fastify: { forceCloseConnections: true } } as const

t.test('50 a stream without a good session is 404 before it begins, and holds nothing', async (t) => {
  const app = await startApp(t)
  const isUnharmed = await standBy(t, app)
  const port = portOf(app)
  const get = (headers: string, query = ''): string => `GET /mse${query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: text/event-stream\r\n${headers}\r\n`
  const [own] = app.mse.sessions.keys()
  const id = own ?? ''
  const ids = [
    '', 'x', 'b'.repeat(22), `${id} `.repeat(2), `${id},${id}`, id.slice(1), `${id}x`, id.toLowerCase() === id ? id.toUpperCase() : id.toLowerCase(), '../../etc/passwd', '__proto__', 'constructor', 'toString', 'hasOwnProperty',
    'null', 'undefined', '0', '*', '%00', '\u00e9'.repeat(22), 'x'.repeat(12_000)
  ]
  for (const one of ids) t.match(await exchange(port, get(`Mse-Session: ${one}\r\n`)), [{ status: 404, body: '' }], one.slice(0, 30))
  t.match(await exchange(port, get('')), [{ status: 404, body: '' }], 'none at all')
  for (const query of [`?session=${id}`, `?mse-session=${id}`, `?Mse-Session=${id}`, `?ticket=${id}`, '?ticket=', '?ticket=__proto__', `?ticket=${'x'.repeat(8_000)}`, '?ticket[]=x', '?ticket=a&ticket=b', `?last=${id}`, `?token=${makeToken()}`]) {
    t.match(await exchange(port, get('', query)), [{ status: 404, body: '' }], query.slice(0, 30))
  }
  t.match(await exchange(port, get(`Mse-Session: ${id}\r\n`, '?ticket=x')), [{ status: 404 }], 'a ticket counts, whatever stands beside it')
  for (const bearer of [makeToken({ userId: 'eve' }), 'x', `${makeToken()}x`]) {
    const [answer] = await exchange(port, get(`Mse-Session: ${id}\r\nAuthorization: Bearer ${bearer}\r\n`))
    t.ok(answer?.status === 404 || answer?.status === 401)
  }
  t.strictSame([...app.mse.sessions.values()].map(({ transport }) => transport), ['websocket'], 'nobody took the session')
  await isUnharmed()
})

t.test('50 a good stream takes a session over from its WebSocket, which the socket of another session does not get', async (t) => {
  const app = await startApp(t, { drainTimeoutMs: 0 }, SHUTS_DOWN_AT_ONCE)
  const isUnharmed = await standBy(t, app)
  const socket = await join(app, {}, { protocols: ['mse.v1.resume'] })
  const { params } = await socket.next()
  const { session: id, epoch } = params as { session: string, epoch: string }
  const stream = await openStream(portOf(app), { 'mse-session': id, 'last-event-id': `${epoch}.0` })
  t.match(await stream.next(), { event: 'open', data: /"resumed":true/ })
  t.match(await socket.closed, { code: 4509 })
  t.equal(app.mse.sessions.get(id)?.transport, 'events')
  const back = await join(app, { userId: 'other' }, { protocols: ['mse.v1.resume'] })
  await back.next()
  back.send({ jsonrpc: '2.0', id: 'late', method: '$/resume', params: { session: id, epoch, received: 0 } })
  t.match(await back.next(), { id: 'late', error: { code: -6001 } }, 'not by a socket that is somebody else\'s already')
  t.equal(app.mse.sessions.get(id)?.transport, 'events')
  app.mse.sessions.get(id)?.end({ code: 1000, text: '' })
  t.match(await stream.rest(), [{ event: 'end', data: '{"code":1000}' }])
  back.send({ jsonrpc: '2.0', id: null, method: 'disconnect' })
  await back.closed
  await isUnharmed()
})

t.test('53 of twenty streams of a session one is left, and no message comes twice or out of order', async (t) => {
  const app = await startApp(t, { drainTimeoutMs: 0 }, SHUTS_DOWN_AT_ONCE)
  const isUnharmed = await standBy(t, app)
  const caller = await openHttpCaller(app)
  const { session, epoch } = caller
  await caller.post('{"jsonrpc":"2.0","method":"$/ack"}', { 'mse-ack': '0' })
  let sent = 0
  const position = { 'last-event-id': `${epoch}.0` }
  const streams: Stream[] = []
  const reads: Array<Promise<StreamEvent[]>> = []
  for (let round = 0; round < 10; round++) {
    const opened = await Promise.all([caller.stream(position), caller.stream(position)])
    streams.push(...opened)
    reads.push(...opened.map((stream) => stream.rest()))
    caller.tell(...Array.from({ length: 5 }, () => `${++sent} x`))
  }
  session.end({ code: 4503, text: '' })
  const all = await Promise.all(reads)
  t.equal(all.filter((events) => events.at(-1)?.data === '{"code":4509}').length, 19, 'the older ones are told')
  t.equal(all.filter((events) => events.at(-1)?.data === '{"code":4503}').length, 1, 'the newest had it to the end')
  for (const events of all) {
    const numbers = events.filter(({ event }) => event === 'message').map(({ id }) => Number(id?.split('.')[1]))
    if (numbers.some((number, index) => number !== index + 1)) t.fail(numbers.join())
    t.strictSame(events.map(({ event }) => event).filter((event) => event !== 'message'), ['open', 'end'])
  }
  const complete = all.filter((events) => events.length === sent + 2)
  t.ok(complete.length >= 1, 'somebody has got everything')
  t.equal((await caller.get(STREAM)).status, 204, 'there is no coming back')
  await isUnharmed()
})
