/** Pages of others: their origins, rebound names, and what CORS tells them. Each request is bytes, on every face. */
import t, { type Test } from 'tap'
import type { MseEvents, MseOptions } from '../../index.ts'
import { makeToken } from '../helpers/tokens.ts'
import { handshake, portOf, startApp } from '../helpers/websocket-client.ts'
import { type RawAnswer, RawHttp, postText } from './raw-http.ts'
import { standBy } from './witness.ts'

const AUTH = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken(), version: '1.0' } })

/** Asks by each face with these headers; `null` leaves one out. */
async function openFaces (t: Test, options: MseOptions = {}, trustProxy = false) {
  const app = await startApp(t, { anonymousPostBurst: 10_000, maxSessionsPerUser: 1e6, ...options }, { fastify: { trustProxy } })
  const isUnharmed = await standBy(t, app)
  const rejected: Array<MseEvents['rejected']> = []
  app.mse.on('rejected', (event) => { rejected.push(event) })
  const [session = ''] = app.mse.sessions.keys()
  const faces = (headers: Readonly<Record<string, string | null>>): Readonly<Record<string, string | Buffer>> => {
    const all = { host: 'localhost', connection: 'close', 'mse-session': session, ...headers }
    const lines = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const get = (accept: string, method = 'GET'): string => `${method} /mse HTTP/1.1\r\naccept: ${accept}\r\n${lines}\r\n`
    return {
      WebSocket: handshake(app, { Host: null, ...all, connection: 'Upgrade' }),
      POST: postText(AUTH, { connection: 'close', ...headers }),
      events: get('text/event-stream'),
      poll: get('application/json'),
      DELETE: get('*/*', 'DELETE')
    }
  }
  const ask = async (request: string | Buffer): Promise<RawAnswer | null> => {
    const raw = new RawHttp(portOf(app)).write(request)
    const answer = await raw.next()
    await raw.end()
    return answer
  }
  /** Each face refuses before anything is looked at. */
  const refuse = async (headers: Readonly<Record<string, string | null>>): Promise<void> => {
    rejected.length = 0
    for (const [face, request] of Object.entries(faces(headers))) {
      const answer = await ask(request)
      if (answer?.status !== 403 || answer.body !== '' || Object.keys(answer.headers).some((name) => name.startsWith('access-control-'))) t.fail(`${face} with ${JSON.stringify(headers)}: ${JSON.stringify(answer)}`)
    }
    t.equal(rejected.length, 5, JSON.stringify(headers).replace(/[^\x20-\x7e]/g, '?'))
  }
  /** A handshake and a POST are let in: the witness keeps its session. */
  const accept = async (headers: Readonly<Record<string, string | null>>): Promise<RawAnswer | null> => {
    const { WebSocket = '', POST = '' } = faces(headers)
    t.equal((await ask(WebSocket))?.status, 101, JSON.stringify(headers))
    const answer = await ask(POST)
    t.equal(answer?.status, 200, JSON.stringify(headers))
    for (const other of app.mse.sessions.values()) if (other.id !== session) other.end({ code: 1000, text: '' })
    return answer
  }
  return { app, ask, refuse, accept, isUnharmed }
}

t.test('83 a page of another origin is 403 on every face, before anything is looked at', async (t) => {
  const { app, refuse, accept, isUnharmed } = await openFaces(t, { allowedOrigins: ['https://good.example'] })
  const port = portOf(app)
  for (const origin of [
    'http://evil.example', 'null', '', ' ', 'https://good.example.evil', 'https://evil.good.example', 'https://good.example:444', 'https://good.example.', 'https://good.exampl', 'https://good-example', 'https://ggood.example',
    'http://good.example', 'HTTPS://good.example', 'https://GOOD.example', 'https://good.example/', 'https://good.example?', 'https://good.example#', 'https://user@good.example', 'https://good.example@evil.example', 'https://good.example,https://evil.example',
    'https://good.example https://evil.example', 'https:good.example', 'https:\\\\good.example', 'good.example', '//good.example', 'https://good.example\\.evil.example', 'https://good.example%2eevil', 'https://xn--good.example', 'https://good\u00ade.example', '*', 'undefined', 'file://', 'data:', 'about:blank',
    'blob:https://good.example/x', 'chrome-extension://good.example', 'ws://localhost', 'wss://good.example', 'http://localhost:1', 'https://localhost.evil.example', `http://127.0.0.1:${port}`, 'http://0x7f.1', 'http://[::1]', 'http://localhost.', 'http://LOCALHOST', `x${'y'.repeat(4_000)}`
  ]) await refuse({ origin })
  await refuse({ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin', referer: 'https://good.example/' })
  await refuse({ origin: 'https://evil.example\r\norigin: https://good.example' })
  await refuse({ origin: 'https://evil.example', authorization: `Bearer ${makeToken()}` })
  for (const headers of [{ origin: 'https://good.example' }, { origin: 'http://localhost' }, {}]) await accept(headers)
  await isUnharmed()
})

t.test('83 the server is its own origin by the name that it was called, not by one that a page makes up', async (t) => {
  const { refuse, accept, isUnharmed } = await openFaces(t)
  await refuse({ origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' })
  await refuse({ origin: 'https://evil.example', forwarded: 'host=evil.example' })
  await refuse({ origin: 'https://evil.example', 'x-original-host': 'evil.example', 'x-host': 'evil.example' })
  await accept({ origin: 'http://localhost', 'x-forwarded-host': 'evil.example' })
  await isUnharmed()
})

t.test('84 a rebound name is 403 on every face while the server is bound to loopback, whatever headers say', async (t) => {
  for (const trustProxy of [false, true]) {
    const { refuse, accept, isUnharmed } = await openFaces(t, {}, trustProxy)
    for (const host of ['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.1.nip.io', 'localhost@evil.example', 'evil.example#localhost', 'localhos', 'localhost..', '0.0.0.0', '0', '[::]', '[::ffff:7f00:1]', '128.0.0.1', '10.0.0.1', '0x7f000001', '2130706433', '017700000001', '169.254.169.254', '*', '.localhost']) {
      await refuse({ host, origin: `http://${host}` })
      await refuse({ host })
      await refuse({ host, 'x-forwarded-host': 'localhost', origin: 'http://localhost' })
    }
    for (const host of ['localhost', 'localhost:8080', 'LocalHost', '127.0.0.1', '127.1.2.3:1', '[::1]', '[::1]:8080', 'app.localhost']) await accept({ host })
    await isUnharmed()
  }
})

t.test('84 with a list of names no other is answered to', async (t) => {
  const { refuse, accept, isUnharmed } = await openFaces(t, { allowedHosts: ['calls.example'] })
  for (const host of ['evil.example', 'calls.example.evil', 'xcalls.example', 'calls.example.', 'calls-example', 'calls.example:80:80', 'calls.example/x']) await refuse({ host })
  for (const host of ['calls.example', 'CALLS.example:8443', 'localhost']) await accept({ host })
  await isUnharmed()
})

t.test('85 a preflight is answered for pages that are listed, never with a star or with credentials, and every answer varies by origin', async (t) => {
  const { ask, refuse, accept, isUnharmed } = await openFaces(t, { allowedOrigins: ['https://good.example', 'https://b.example'] })
  const preflight = (headers: Record<string, string>): string => {
    const all = { host: 'localhost', connection: 'close', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,mse-session', ...headers }
    return `OPTIONS /mse HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  }
  for (const origin of ['https://good.example', 'https://b.example']) {
    for (const answer of [await ask(preflight({ origin })), await accept({ origin })]) {
      t.equal(answer?.headers['access-control-allow-origin'], origin)
      t.match(answer?.headers['vary'], /(^|, )Origin/i)
      t.equal(answer?.headers['access-control-allow-credentials'], undefined)
    }
  }
  const answer = await ask(preflight({ origin: 'https://good.example', 'access-control-request-headers': 'x-evil, cookie, mse-session', 'access-control-request-method': 'PUT' }))
  t.strictSame(answer?.headers['access-control-allow-methods']?.split(', '), ['GET', 'POST', 'DELETE'])
  t.notMatch(answer?.headers['access-control-allow-headers'], /evil|cookie|\*/i)
  t.equal(answer?.headers['access-control-allow-private-network'], undefined)
  for (const origin of ['https://evil.example', 'null', 'https://good.example.evil']) {
    const refused = await ask(preflight({ origin }))
    t.strictSame([refused?.status, refused?.headers['access-control-allow-origin']], [403, undefined], origin)
    await refuse({ origin })
  }
  // What a page may send without asking first: a preflight is what protects from the others, so none of these may run.
  for (const type of ['text/plain', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    t.equal((await ask(postText(AUTH, { origin: 'https://good.example', 'content-type': type, connection: 'close' })))?.status, 415, type)
  }
  const vary = await ask(postText(AUTH, { connection: 'close' }))
  t.match(vary?.headers['vary'], /Origin/i, 'also for who has none: a cache must not mix them up')
  await ask(`DELETE /mse HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nmse-session: ${vary?.headers['mse-session']}\r\n\r\n`)
  await isUnharmed()
})

t.test('85 with any origin allowed none is mirrored together with credentials', async (t) => {
  const { ask } = await openFaces(t, { dangerouslyAllowAnyOrigin: true })
  for (const origin of ['https://evil.example', 'null']) {
    const answer = await ask(postText(AUTH, { origin, connection: 'close' }))
    t.strictSame([answer?.status, answer?.headers['access-control-allow-credentials']], [200, undefined], origin)
    t.match(answer?.headers['vary'], /Origin/i)
  }
})
