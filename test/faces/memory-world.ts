/** A server without sockets, and clients on links that can resume. */
import { Type } from '@sinclair/typebox'
import type { Test } from 'tap'
import { Connection } from '../../lib/core/connection.ts'
import { type HttpAnswer, HttpFace, type PostRequest } from '../../lib/core/http-face.ts'
import type { Limits } from '../../lib/core/limits.ts'
import type { MseServer } from '../../lib/core/server.ts'
import { TRANSPORT_STATUSES } from '../../lib/core/statuses.ts'
import { Chat, defineMethod } from '../../lib/protocol/index.ts'
import type { Identity } from '../../lib/session/identity.ts'
import type { Session } from '../../lib/session/session.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { MemoryLink, createMse } from '../../lib/testing/index.ts'

/** A client on a link of its own. */
export interface MemoryClient {
  readonly link: MemoryLink
  readonly connection: Connection
  send (method: string, params?: object, id?: number | null): void
  /** What came, as objects, without the controls. */
  readonly frames: unknown[]
}

/** A server under test. Tokens are user ids, with the milliseconds until their end behind a colon. */
export interface MemoryWorld {
  readonly clock: FakeClock
  readonly server: MseServer
  readonly face: HttpFace
  /** Ends calls of the method `slow`, oldest first. */
  readonly finish: Array<(result: string) => void>
  connect (): MemoryClient
  join (token: string): MemoryClient & { readonly session: Session }
  resume (session: Session, received: number, epoch?: string): MemoryClient & { readonly answer: unknown }
  post (session: Session | null, body: object, headers?: Partial<PostRequest>): HttpAnswer | Promise<HttpAnswer>
  /** A chat to the session that is the text. */
  tell (session: Session, text: string): void
}

export function openMemory (_t: Test, limits: Partial<Limits> = {}, clock = new FakeClock()): MemoryWorld {
  const authenticate = (token: string): Identity => {
    const [userId = '', leftMs] = token.split(':')
    if (userId === 'mallory') throw new Error('not her')
    return {
      userId,
      roomId: 'lobby',
      role: 'user',
      domain: null,
      agent: null,
      issuedAt: null,
      notBefore: null,
      expiresAt: leftMs === undefined ? null : clock.now() + Number(leftMs)
    }
  }
  const finish: Array<(result: string) => void> = []
  const server = createMse({ authenticate, clock, limits: { messageBurst: 1e6, messagesPerSecond: 1e6, ...limits } })
  server.method(defineMethod({ name: 'slow', result: Type.String() }), () => new Promise((resolve) => { finish.push(resolve) }))
  const face = new HttpFace(server, authenticate, TRANSPORT_STATUSES)
  const connect = (): MemoryClient => {
    const link = new MemoryLink(true)
    const connection = new Connection(server, link, '127.0.0.1')
    return {
      link,
      connection,
      send: (method, params, id = null) => connection.receive(JSON.stringify({ jsonrpc: '2.0', id, method, params })),
      get frames () { return link.frames.map((text) => JSON.parse(text) as unknown) }
    }
  }
  return {
    clock,
    server,
    face,
    finish,
    connect,
    join (token) {
      const client = connect()
      client.send('auth', { token, version: '1.0' }, 0)
      return Object.assign(client, { session: client.connection.session })
    },
    resume (session, received, epoch = session.record.epoch) {
      const client = connect()
      client.send('$/resume', { session: session.id, epoch, received }, 1)
      const [answer] = client.frames as Array<{ result?: unknown, error?: unknown }>
      return Object.assign(client, { answer: answer?.result ?? answer?.error })
    },
    post (session, body, headers = {}) {
      return face.post({
        body: Buffer.from(JSON.stringify(body)), address: '127.0.0.1', session: session?.id, seq: undefined, ack: undefined, bearer: undefined, respondAsync: false, ...headers
      })
    },
    tell: (session, text) => session.notify(Chat, { to: [], message: text, from: 'server' })
  }
}

/** The texts of chats. */
export function chatsIn (frames: readonly unknown[]): string[] {
  return (frames as Array<{ params?: { message?: string } }>).flatMap(({ params }) => params?.message ?? [])
}
