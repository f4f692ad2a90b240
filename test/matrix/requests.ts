/** Requests by hand, for the rules about HTTP itself. */
import { Chat } from '../../index.ts'
import type { Session } from '../../index.ts'
import type { World } from './harness.ts'
import { type ServerEvent, eventsOf } from './wires-http.ts'

export type Headers = Record<string, string>

/** A session that was opened by a POST, and what it takes to speak for it. */
export interface Caller {
  readonly session: Session
  readonly epoch: string
  post (body: unknown, headers?: Headers): Promise<Response>
  get (accept: string, headers?: Headers): Promise<Response>
  /** Sends it chats. */
  tell (...texts: string[]): void
}

export const PING = { id: 1, method: 'ping', jsonrpc: '2.0' }

/** A POST to the endpoint; a string goes out as it is. */
export function post ({ url }: World, body: unknown, headers: Headers = {}): Promise<Response> {
  return fetch(`${url}/mse`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
}

/** Opens a session. */
export async function openCaller (world: World, userId = 'ada'): Promise<Caller> {
  const response = await post(world, { id: 1, method: 'auth', jsonrpc: '2.0', params: { token: world.token({ userId }), version: '1.0' } })
  await response.text()
  const id = response.headers.get('mse-session') ?? ''
  const session = world.mse.sessions.get(id)
  if (session === undefined) throw new Error('no session')
  return {
    session,
    epoch: response.headers.get('mse-epoch') ?? '',
    post: (body, headers = {}) => post(world, body, { 'mse-session': id, ...headers }),
    get: (accept, headers = {}) => fetch(`${world.url}/mse`, { headers: { accept, 'mse-session': id, ...headers } }),
    tell: (...texts) => { for (const message of texts) session.notify(Chat, { to: [], message }) }
  }
}

/** Reads a stream event by event. */
export function reader (response: Response): () => Promise<ServerEvent | undefined> {
  const events = eventsOf(response)
  return async () => {
    const { value, done } = await events.next()
    return done === true ? undefined : value
  }
}

/** Waits until the session's messages travel so. */
export async function carriedBy (session: Session, transport: string): Promise<void> {
  while (session.transport !== transport) await new Promise(setImmediate)
}
