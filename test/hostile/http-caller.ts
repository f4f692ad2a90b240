/** A session over POST on a server under attack, and its streams as bytes. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Chat, type Session } from '../../index.ts'
import { type TokenClaims, makeToken } from '../helpers/tokens.ts'
import { portOf } from '../helpers/websocket-client.ts'

/** An event, as far as tests look at it. */
export interface StreamEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: string
}

/** A stream that is read only when a test wants it. */
export class Stream {
  readonly response: IncomingMessage
  readonly #request: ClientRequest
  #text = ''
  #wake = (): void => {}

  constructor (sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent
    this.response = response.setEncoding('utf8')
    for (const event of ['readable', 'end', 'close']) response.on(event, () => this.#wake())
  }

  /** The next event; null when the server has ended the stream. */
  async next (): Promise<StreamEvent | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end !== -1) {
        const fields = new Map(this.#text.slice(0, end).split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
        this.#text = this.#text.slice(end + 2)
        return { event: fields.get('event') ?? 'message', id: fields.get('id'), data: fields.get('data') ?? '' }
      }
      const chunk = this.response.read() as string | null
      if (chunk !== null) this.#text += chunk
      else if (this.response.readableEnded || this.response.destroyed) return null
      else await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }

  /** Everything until the server ends it. */
  async rest (): Promise<StreamEvent[]> {
    const events: StreamEvent[] = []
    for (let event = await this.next(); event !== null; event = await this.next()) events.push(event)
    return events
  }

  leave (): void {
    this.#request.destroy()
  }
}

/** Who speaks for a session. */
export interface HttpCaller {
  readonly session: Session
  readonly epoch: string
  post (body: unknown, headers?: Record<string, string>): Promise<Response>
  get (headers: Record<string, string>, query?: string): Promise<Response>
  /** Opens a stream; throws when it is refused. @param port another one than the app's: a proxy's */
  stream (headers?: Record<string, string>, port?: number): Promise<Stream>
  tell (...texts: string[]): void
}

/** Opens a session by POST. */
export async function openHttpCaller (app: FastifyInstance, claims: TokenClaims = {}): Promise<HttpCaller> {
  const url = `http://127.0.0.1:${portOf(app)}/mse`
  const send = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
  const response = await send({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken(claims), version: '1.0' } })
  await response.text()
  const id = response.headers.get('mse-session') ?? ''
  const session = app.mse.sessions.get(id)
  if (session === undefined) throw new Error('no session')
  return {
    session,
    epoch: session.record.epoch,
    post: (body, headers = {}) => send(body, { 'mse-session': id, ...headers }),
    get: (headers, query = '') => fetch(`${url}${query}`, { headers: { 'mse-session': id, ...headers } }),
    stream: (headers = {}, port = portOf(app)) => openStream(port, { 'mse-session': id, ...headers }),
    tell: (...texts) => { for (const message of texts) session.notify(Chat, { to: [], message, from: 'server' }) }
  }
}

/** Opens a stream on a connection of its own, and reads nothing of it. */
export function openStream (port: number, headers: Record<string, string>): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/mse', agent: false, headers: { accept: 'text/event-stream', ...headers } })
    sent.on('response', (response) => response.statusCode === 200 ? resolve(new Stream(sent, response)) : reject(new Error(String(response.statusCode))))
    sent.on('error', reject).end()
  })
}
