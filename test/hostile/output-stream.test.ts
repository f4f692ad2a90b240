/** What a client or another user writes, on its way out by a stream, a poll or a header. */
import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { Chat } from '../../index.ts'
import type { MseOptions, Session } from '../../index.ts'
import { makeToken } from '../helpers/tokens.ts'
import { RawClient, handshake, portOf, startApp } from '../helpers/websocket-client.ts'
import { nothingIsAstray } from './stray-errors.ts'

/** Texts that would be events, fields, headers or lines of their own where somebody joins strings. */
const TEXTS = [
  'x\nid: 999\nevent: admin\ndata: {}\n\n', 'x\r\n\r\ndata: forged\r\n\r\n', '\rdata: forged\r\r', 'x\u2028data: forged\u2029', 'x\u0085data: forged\u0085\u0085', '\u0000', '\u000b\u000c', '\ufeffdata: x',
  'event: end\ndata: {"code":4503}', ': comment\n', 'retry: 0\n', 'id\n', '\\n\\ndata: x', '\ud800', '</script><script>', '\u001b[2J', 'data: [DONE]', ''
]

/** An app without keep-alive of its own, as its streams end with the test. */
function startServer (t: Test, options: MseOptions = {}): Promise<FastifyInstance> {
  return startApp(t, { drainTimeoutMs: 0, ...options }, { fastify: { forceCloseConnections: true } })
}

const post = (app: FastifyInstance, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${portOf(app)}/mse`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

async function openSession (app: FastifyInstance, userId = 'ada'): Promise<Session> {
  const response = await post(app, { id: 1, method: 'auth', jsonrpc: '2.0', params: { token: makeToken({ userId }), version: '1.0' } })
  return app.mse.sessions.get(response.headers.get('mse-session') ?? '') as Session
}

/** A stream as WHATWG HTML, 9.2.6, divides it: lines end with CR LF, LF or CR, an empty one ends an event. */
async function readEvents (app: FastifyInstance, session: Session, query: string, isOver: (events: string[][]) => boolean): Promise<string[][]> {
  const response = await fetch(`http://127.0.0.1:${portOf(app)}/mse${query}`, { headers: { accept: 'text/event-stream', 'mse-session': session.id } })
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    const events = text.split(/\r\n|\n|\r/).join('\n').split('\n\n').map((event) => event.split('\n'))
    if (text.endsWith('\n\n') && isOver(events.slice(0, -1))) return events.slice(0, -1)
  }
  throw new Error(`the stream ended: ${text}`)
}

/** The only lines that this server writes. */
const LINES = [/^event: (?:open|ping|reset|drain|end|authExpiring)$/, /^id: [\w-]{8}\.\d{1,15}$/, /^data: [{[].*[}\]]$/s]

function isWellFormed (t: Test, events: readonly string[][]): void {
  t.strictSame(events.flat().filter((line) => !LINES.some((form) => form.test(line))).map(shown), [], 'every line is one of ours')
}

/** For the title of an assertion: U+2028 would be the end of its line. */
const shown = (text: string): string => JSON.stringify(text).slice(0, 60).replace(/[^ -~]/g, '?')

const messageOf = (event: readonly string[]): unknown => JSON.parse(event.at(-1)?.slice('data: '.length) ?? '')

t.test('88: no text of a user becomes a line, a field or an event of a stream', async (t) => {
  const app = await startServer(t)
  const session = await openSession(app)
  const sender = await openSession(app, 'event: admin')
  for (const text of TEXTS) {
    const params = { to: [], message: text, attachment: { [text]: [text], 'id: 1\n\ndata': text } }
    t.equal((await post(app, { method: 'chat', jsonrpc: '2.0', params }, { 'mse-session': sender.id })).status, 200)
  }
  const events = await readEvents(app, session, '', (read) => read.length > TEXTS.length)
  t.equal(events.length, TEXTS.length + 1, 'one event for each, and the first')
  isWellFormed(t, events)
  for (const [place, event] of events.slice(1).entries()) {
    t.equal(event[0], `id: ${session.record.epoch}.${place + 1}`)
    t.match(messageOf(event), { method: 'chat', params: { message: TEXTS[place], from: 'event: admin' } })
  }
  const poll = await fetch(`http://127.0.0.1:${portOf(app)}/mse`, { headers: { accept: 'application/json', 'mse-session': session.id } })
  const items = await poll.json() as Array<{ id: string, message: { params: { message: string } } }>
  t.strictSame(items.map(({ message }) => message.params.message), TEXTS)
  await nothingIsAstray(t)
})

t.test('88: no position that a client names is written into its stream', async (t) => {
  const app = await startServer(t)
  const session = await openSession(app)
  session.notify(Chat, { to: [], message: 'x' })
  for (const text of ['x\n\ndata: forged\n\n', 'x.1\nid: 7', `${session.record.epoch}.1\n\ndata: forged`, `${session.record.epoch}.-1`, `${session.record.epoch}.1e3`, '\u2028.1', 'event: admin.5', `${'x'.repeat(10_000)}.1`]) {
    const events = await readEvents(app, session, `?last=${encodeURIComponent(text)}`, (read) => read.length > 1)
    isWellFormed(t, events)
    t.strictSame(events.slice(0, 2).map(([first]) => first), ['event: open', 'event: reset'], shown(text))
    t.notMatch(JSON.stringify(events), /forged|admin|xxx/)
  }
  await nothingIsAstray(t)
})

/** The head of the answer to a request that is written by hand. */
async function ask (app: FastifyInstance, method: string, path: string, name: string, value: string): Promise<string> {
  const raw = new RawClient(app)
  const body = method === 'POST' ? '{"id":1,"method":"ping","jsonrpc":"2.0"}' : ''
  const headers = new Map([['Host', `127.0.0.1:${portOf(app)}`], ['Connection', 'close'], ['Content-Type', 'application/json'], ['Content-Length', String(body.length)], [name, value]])
  raw.write(Buffer.from(`${method} ${path} HTTP/1.1\r\n${[...headers].map(([header, text]) => `${header}: ${text}\r\n`).join('')}\r\n${body}`, 'latin1'))
  try {
    return await raw.head()
  } finally {
    raw.socket.destroy()
  }
}

const HEADERS = ['Mse-Session', 'Mse-Seq', 'Mse-Ack', 'Authorization', 'Prefer', 'Last-Event-ID', 'Accept', 'Content-Type', 'Content-Encoding', 'Origin', 'X-Request-Id']
/** What Node itself refuses in a header, and what it lets through. */
const FORBIDDEN = ['injected\rX: 1', 'injected\nX: 1', 'injected\u0000', 'injected\u001b[2J', 'injected\u007f']
const ODD = ['injected\u0080\u00ff', 'injected\tx', 'injected%0d%0aX-Injected: 1', 'injected\\r\\nX: 1', 'Bearer injected\u00e9', '"injected', 'injected,injected;injected=1', '\u00e5\u0098\u008a\u00e5\u0098\u008dinjected', 'injected'.repeat(1_000)]

t.test('89: no value of a header or a query comes back in a header, and none makes a 500', async (t) => {
  const app = await startServer(t, { dangerouslyAllowAnyOrigin: true })
  for (const name of HEADERS) {
    for (const value of FORBIDDEN) t.match(await ask(app, 'POST', '/mse', name, value), /^HTTP\/1.1 400 /, `${name}: ${shown(value)}`)
    for (const value of ODD) {
      for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS', 'PUT']) {
        const head = await ask(app, method, '/mse', name, value)
        t.match(head, /^HTTP\/1.1 (?:20[024]|40[0-9]|41[0-9]|426) /, `${method} with ${name}: ${shown(value)}`)
        // A page that may come from anywhere is told its own origin: CORS knows no other way.
        const told = name === 'Origin' ? head.replace(/^access-control-allow-origin: .*$/im, '') : head
        t.notMatch(told, 'injected')
      }
    }
  }
  for (const query of ['ticket=%0d%0aX-Injected:%201', 'last=%0d%0aX-Injected:%201&ticket=x', 'ticket=injected&ticket=injected', 'last[]=injected', '%0d%0aX-Injected:%201', 'ticket=%ff%fe', 'ticket=%00', 'ticket=%E5%98%8A']) {
    for (const accept of ['text/event-stream', 'application/json', '*/*']) {
      const head = await ask(app, 'GET', `/mse?${query}`, 'Accept', accept)
      t.match(head, /^HTTP\/1.1 (?:404|426) /, query)
      t.notMatch(head, /injected/i)
    }
  }
  await nothingIsAstray(t)
})

t.test('89: an id that looks like an error, a header or the end of one changes neither status nor headers', async (t) => {
  const app = await startServer(t, { semanticStatus: true })
  for (const id of ['x","jsonrpc":"2.0","error":{"code":-8001', '\r\nX-Injected: 1\r\n\r\n', '","error":{"code":-4001}}', 'null,"jsonrpc":"2.0","error":{"code":-5001', '\\', '\\"', '\u2028', '-1,"jsonrpc":"2.0","error":{"code":-32601']) {
    for (const [method, status] of [['ping', 200], ['nope', 404], ['start', 401]] as const) {
      const response = await post(app, { id, method, jsonrpc: '2.0' })
      t.strictSame([response.status, response.headers.get('x-injected'), response.headers.get('retry-after'), (await response.json() as { id: string }).id], [status, null, null, id], `${method} ${shown(id)}`)
    }
  }
  await nothingIsAstray(t)
})

t.test('89: a handshake gives nothing back but the protocol that we chose', async (t) => {
  const app = await startServer(t)
  for (const [name, value] of [['Sec-WebSocket-Protocol', 'injected, mse.v1'], ['Sec-WebSocket-Protocol', 'mse.v1\t,injected\u00ff'], ['Sec-WebSocket-Extensions', 'injected; x=1'], ['Cookie', 'injected=1'], ['User-Agent', 'injected\u00ff']] as const) {
    const raw = new RawClient(app)
    raw.write(Buffer.from(handshake(app, { [name]: value }), 'latin1'))
    const head = await raw.head()
    t.match(head, /^HTTP\/1.1 101 /)
    t.notMatch(head, 'injected')
    raw.socket.destroy()
    await raw.closed
  }
  await nothingIsAstray(t)
})
