/** Streams and polls over real sockets: positions, foreign sessions, and requests that come too late. */
import t, { type Test } from 'tap'
import { Chat, type Session } from '../../index.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

async function open (t: Test) {
  // fetch opens a spare connection where a stream was left, and Node does not count one that never asked anything as idle.
  const app = await startApp(t, { drainTimeoutMs: 0 }, { fastify: { forceCloseConnections: true } })
  const url = `http://127.0.0.1:${portOf(app)}/mse`
  const auth = async (userId: string): Promise<Session> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken({ userId }), version: '1.0' } })
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return app.mse.sessions.get(response.headers.get('mse-session') ?? '') as Session
  }
  const get = (id: string, accept: string, headers: Record<string, string> = {}): Promise<Response> => fetch(url, { headers: { accept, 'mse-session': id, ...headers } })
  const poll = (session: Session, position?: string, headers: Record<string, string> = {}): Promise<Response> =>
    get(session.id, 'application/json', { ...(position === undefined ? {} : { 'last-event-id': position }), ...headers })
  const tell = (session: Session, ...texts: string[]): void => { for (const message of texts) session.notify(Chat, { to: [], message, from: 'server' }) }
  return { app, url, auth, get, poll, tell }
}

interface Polled { readonly id: string, readonly reset?: string, readonly message?: { readonly params: { readonly message: string } } }

const items = async (response: Response): Promise<Array<[string, string | undefined]>> =>
  (await response.json() as Polled[]).map(({ id, reset, message }) => [id, reset ?? message?.params.message])

/** The first events of a stream, which is left then. */
async function firstEvents (response: Response, count: number): Promise<string[]> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.split('\n\n').length > count) break
  }
  return text.split('\n\n').slice(0, count)
}

t.test('a position that cannot be honoured is told where to go on, and nothing that is kept is lost', async (t) => {
  const { auth, poll, tell } = await open(t)
  const session = await auth('ada')
  const { epoch } = session.record
  tell(session, 'one', 'two', 'three')
  t.strictSame(await items(await poll(session, `${epoch}.0`)), [[`${epoch}.1`, 'one'], [`${epoch}.2`, 'two'], [`${epoch}.3`, 'three']])
  session.acknowledge(1)
  for (const [position, reason] of [[`${epoch}.0`, 'gap'], ['otherone.2', 'epoch'], [`${epoch}.9`, 'gap'], [`${epoch}.-1`, 'epoch'], ['nonsense', 'epoch'], [undefined, 'gap']] as const) {
    t.strictSame(await items(await poll(session, position)), [[`${epoch}.1`, reason]], `${position}`)
  }
  t.strictSame(await items(await poll(session, `${epoch}.1`)), [[`${epoch}.2`, 'two'], [`${epoch}.3`, 'three']], 'which it gets there')
})

t.test('an old poll that a proxy held back does not take what its client is about to get', async (t) => {
  const { auth, poll, tell } = await open(t)
  const session = await auth('ada')
  const { epoch } = session.record
  tell(session, 'one', 'two')
  session.acknowledge(2)
  const waiting = poll(session, `${epoch}.2`)
  while (session.transport !== 'poll') await new Promise(setImmediate)
  t.strictSame(await items(await poll(session, `${epoch}.0`)), [[`${epoch}.2`, 'gap']])
  tell(session, 'three')
  t.strictSame(await items(await waiting), [[`${epoch}.3`, 'three']], 'the poll that waits is served')
})

t.test('a stream says where it begins, and tells of a reset', async (t) => {
  const { auth, get, tell } = await open(t)
  const session = await auth('ada')
  const { epoch } = session.record
  tell(session, 'one', 'two', 'three')
  session.acknowledge(1)
  const [start = '', message] = await firstEvents(await get(session.id, 'text/event-stream', { 'last-event-id': `${epoch}.2` }), 2)
  t.equal(start, `event: open\nid: ${epoch}.2\ndata: {"resumed":true,"received":0,"heartbeatMs":15000}`)
  t.match(message, `id: ${epoch}.3\ndata: `)
  const reset = await firstEvents(await get(session.id, 'text/event-stream', { 'last-event-id': `${epoch}.0` }), 3)
  t.match(reset[0], `id: ${epoch}.2\ndata: {"resumed":false`)
  t.equal(reset[1], 'event: reset\ndata: {"reason":"gap"}')
  t.match(reset[2], `id: ${epoch}.3\n`)
})

t.test('a burst that a stream has not brought yet is there when its client comes back, if that acknowledges; otherwise it is told', async (t) => {
  const { url, auth, get, tell } = await open(t)
  const burst = Array.from({ length: 600 }, (_, index) => `${index + 1}`)
  for (const [acknowledges, expected] of [[true, '"resumed":true'], [false, '"resumed":false']] as const) {
    const session = await auth('ada')
    const { epoch } = session.record
    const left = await get(session.id, 'text/event-stream', { 'last-event-id': `${epoch}.0` })
    if (acknowledges) {
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'mse-session': session.id, 'mse-ack': '0' }, body: '{"jsonrpc":"2.0","method":"$/ack"}' })
      t.strictSame([answer.status, await answer.text(), answer.headers.get('mse-received')], [200, '', '0'])
    }
    tell(session, ...burst)
    await left.body?.cancel()
    const [opened, ...events] = await firstEvents(await get(session.id, 'text/event-stream', { 'last-event-id': `${epoch}.1` }), acknowledges ? 600 : 2)
    t.match(opened, expected)
    if (acknowledges) t.strictSame(events.map((event) => event.slice(0, event.indexOf('\n'))), burst.slice(1).map((n) => `id: ${epoch}.${n}`))
    else t.match(events[0], /^event: reset\ndata: {"reason":"gap"}/)
  }
})

t.test('another user\'s session is answered like an unknown one by stream, poll and DELETE', async (t) => {
  const { auth, get, url } = await open(t)
  const session = await auth('ada')
  const authorization = `Bearer ${makeToken({ userId: 'bob' })}`
  for (const accept of ['text/event-stream', 'application/json']) {
    const answers = await Promise.all([session.id, 'b'.repeat(22)].map((id) => get(id, accept, { authorization })))
    t.strictSame(answers.map(({ status }) => status), [404, 404])
    t.strictSame(await Promise.all(answers.map((answer) => answer.text())), ['', ''])
  }
  const gone = await fetch(url, { method: 'DELETE', headers: { 'mse-session': session.id, authorization } })
  t.equal(gone.status, 404)
  t.equal(session.ended, null)
})

t.test('a stream that is opened while its session ends is ended, too', async (t) => {
  const { app, auth, get } = await open(t)
  const session = await auth('ada')
  // The session ends between the look-up and the stream, as it does when its last timer fires there.
  Object.defineProperty(session, 'resumeFault', {
    value: () => {
      session.end({ code: 1000, text: '' })
      return null
    }
  })
  const stream = await get(session.id, 'text/event-stream')
  t.match(await stream.text(), 'event: end\ndata: {"code":1000}')
  t.equal(app.mse.sessions.size, 0)
})
