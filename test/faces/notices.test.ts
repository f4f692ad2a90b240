/** What the server says about a session's end before it comes, over real sockets. */
import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { MseOptions, Session } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { makeToken } from '../helpers/tokens.ts'
import { type Client, join, open, portOf, startApp } from '../helpers/websocket-client.ts'
import { eventsOf } from '../matrix/wires-http.ts'

/** A stream of events whose next one can be waited for; undefined: it is over. */
interface Stream {
  readonly session: Session
  next (): Promise<{ readonly event: string, readonly data: unknown } | undefined>
  post (body: object): Promise<Response>
}

const start = (t: Test, options: MseOptions): Promise<FastifyInstance> => startApp(t, options, { fastify: { forceCloseConnections: true } })

/** Over a socket that can resume; what names the session is read already. */
async function openResumable (app: FastifyInstance, userId: string): Promise<Client> {
  const client = await join(app, { userId }, { protocols: ['mse.v1.resume'] })
  await client.next()
  return client
}

async function openStream (app: FastifyInstance, userId: string): Promise<Stream> {
  const url = `http://127.0.0.1:${portOf(app)}/mse`
  const post = (body: object, headers = {}): Promise<Response> =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }) })
  const { headers } = await post({ method: 'auth', params: { token: makeToken({ userId }), version: '1.0' } })
  const id = headers.get('mse-session') ?? ''
  const events = eventsOf(await fetch(url, { headers: { accept: 'text/event-stream', 'mse-session': id } }))
  await events.next()
  return {
    session: app.mse.sessions.get(id) as Session,
    post: (body) => post(body, { 'mse-session': id }),
    async next () {
      const { value } = await events.next()
      return value === undefined ? undefined : { event: value.event, data: JSON.parse(value.data) as unknown }
    }
  }
}

t.test('when the app closes each link is told when its turn is and is closed then, those with media last', async (t) => {
  const clock = new FakeClock(Date.now())
  const app = await start(t, { clock, engine: new RecordingEngine(), pingIntervalMs: 1e9 })
  const caller = await openResumable(app, 'with media')
  await caller.call('start')
  const [client, stream, plain] = [await openResumable(app, 'ada'), await openStream(app, 'bob'), await join(app, { userId: 'plain' })]
  const closing = app.close()
  t.match(await client.next(), { id: null, method: '$/drain', params: { afterMs: 0 } })
  t.match(await client.closed, { code: 1012 })
  t.strictSame(await stream.next(), { event: 'drain', data: { afterMs: 250 } })
  t.match(await caller.next(), { method: '$/drain', params: { afterMs: 750 } })
  t.equal(stream.session.ended, null, 'its turn is not yet')
  clock.advance(250)
  t.equal(await stream.next(), undefined, 'over, without a word that it must not come back')
  t.equal(stream.session.ended?.code, 1012)
  clock.advance(250)
  await t.rejects(plain.next(), /"code":1012/, 'a plain client is told nothing that it does not know')
  t.equal(caller.socket.readyState, caller.socket.OPEN)
  clock.advance(250)
  t.match(await caller.closed, { code: 1012 })
  await closing
})

t.test('who goes on calling while the app closes is served until its turn, and nobody else is let in', async (t) => {
  const clock = new FakeClock(Date.now())
  const app = await start(t, { clock, pingIntervalMs: 1e9 })
  const [first, second] = [await openResumable(app, 'ada'), await openResumable(app, 'bob')]
  const closing = app.close()
  await first.closed
  t.match(await second.next(), { method: '$/drain', params: { afterMs: 500 } })
  t.match(await second.call('ping'), { result: 'pong' })
  await t.rejects(open(app), /503/)
  clock.advance(500)
  t.match(await second.closed, { code: 1012 })
  await closing
})

t.test('warns on both faces before the token ends, and again before the end of the next', async (t) => {
  // In real time: the tokens are good for an hour, the warning is due soon after they were given.
  const expiryWarningMs = 3_599_000
  const app = await start(t, { expiryWarningMs, drainTimeoutMs: 0 })
  const [client, stream, plain] = [await openResumable(app, 'ada'), await openStream(app, 'bob'), await join(app, { userId: 'plain' })]
  const isSoon = ({ inMs }: { inMs: number }): boolean => inMs > expiryWarningMs - 10_000 && inMs <= expiryWarningMs
  for (const round of ['the first token', 'after a refresh']) {
    const [frame, event] = [await client.next(), await stream.next()]
    t.match([frame, event], [{ id: null, method: '$/authExpiring' }, { event: 'authExpiring' }], round)
    t.ok(isSoon(frame.params as { inMs: number }) && isSoon(event?.data as { inMs: number }))
    const auth = (userId: string): object => ({ method: 'auth', params: { token: makeToken({ userId }), version: '1.0' } })
    t.match(await client.auth({ userId: 'ada' }), { result: 'authenticated' })
    t.match(await (await stream.post(auth('bob'))).json(), { result: 'authenticated' })
  }
  t.match(await plain.call('ping'), { result: 'pong' }, 'a plain client is told nothing that it does not know')
  plain.socket.close()
  await once(plain.socket, 'close')
})
