/** The three ways in which a token comes to a server: by a WebSocket, in a POST, and as its Bearer. */
import type { Test } from 'tap'
import type { MseOptions } from '../../index.ts'
import { open, portOf, startApp } from '../helpers/websocket-client.ts'
import { standBy } from './witness.ts'

/** A server that tokens are presented to. */
export interface Doors {
  /** Each door refuses it, with the same words as any other; and nobody is in. */
  refuse (token: string, why: string): Promise<void>
  /** Each door takes it. */
  accept (token: string, why?: string): Promise<void>
  /** Nobody has noticed anything. */
  isUnharmed (): Promise<void>
}

const REFUSED = { id: 1, jsonrpc: '2.0', error: { code: -4001, message: 'Authorization Failed' } } as const
const UNLIMITED = { maxRefusedAuths: 1e9, refusedAuthBurst: 1e9, anonymousPostBurst: 1e9, messageBurst: 1e9, maxSessionsPerUser: 1e6 } as const

/** What may stand in a header, and is one word there. */
const isHeader = (token: string): boolean => /^[\x21-\x7e]+$/.test(token)

/** @param witness a token for somebody who stands by */
export async function openDoors (t: Test, options: MseOptions): Promise<Doors> {
  const app = await startApp(t, { ...UNLIMITED, ...options })
  const isUnharmed = options.jwt === undefined ? await standBy(t, app) : null
  const socket = await open(app)
  const url = `http://127.0.0.1:${portOf(app)}/mse`
  const post = async (body: object, headers: Record<string, string> = {}): Promise<{ status: number, headers: Headers, body: unknown }> => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }) })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  const auth = (token: string): object => ({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token, version: '1.0' } })
  const inside = (): string[] => [...app.mse.sessions.values()].map(({ identity }) => identity?.userId ?? '').filter((userId) => userId !== 'witness')
  const leave = (): void => { for (const session of app.mse.sessions.values()) if (session.identity?.userId !== 'witness') session.end({ code: 1000, text: '' }) }
  return {
    async refuse (token, reason) {
      // A line break in a name would end the line of the report.
      const why = reason.replace(/[^\x20-\x7e]/g, '?')
      socket.send(auth(token))
      const answers: unknown[] = [await socket.next(), (await post(auth(token))).body]
      if (isHeader(token)) {
        const { status, headers, body } = await post({ method: 'ping' }, { authorization: `Bearer ${token}` })
        answers.push(body)
        t.strictSame([status, headers.get('www-authenticate')], [401, 'Bearer'], why)
      }
      t.strictSame(answers, answers.map(() => REFUSED), why)
      t.strictSame(inside(), [], why)
    },
    async accept (token, why = 'a good one') {
      const client = await open(app)
      t.match(await client.call('auth', { token, version: '1.0' }), { result: 'authenticated' }, why)
      t.match((await post(auth(token))).body, { result: 'authenticated' }, why)
      t.match((await post({ method: 'ping' }, { authorization: `Bearer ${token}` })), { status: 200, body: { result: 'pong' } }, why)
      t.equal(inside().length, 3)
      leave()
      await client.closed
    },
    async isUnharmed () {
      await socket.close()
      await isUnharmed?.()
      t.strictSame(inside(), [])
    }
  }
}
