/** An `auth` whose token is verified so slowly that it has its -32603 before it succeeds. */
import t from 'tap'
import { HttpFace } from '../../lib/core/http-face.ts'
import { TRANSPORT_STATUSES } from '../../lib/core/statuses.ts'
import type { Identity } from '../../lib/session/identity.ts'
import { bench, settle } from './server-under-test.ts'

const ADA: Identity = { userId: 'ada', roomId: 'lobby', role: 'user', domain: null, agent: null, issuedAt: null, notBefore: null, expiresAt: null }

function slowBench () {
  const verified: Array<(identity: Identity) => void> = []
  const authenticate = (): Promise<Identity> => new Promise((resolve) => { verified.push(resolve) })
  const made = bench({ authenticate, limits: { authTimeoutMs: 1e9, callTimeoutMs: 30_000 } })
  const events: string[] = []
  for (const name of ['session', 'authenticated'] as const) made.server.on(name, () => { events.push(name) })
  return { ...made, verified, authenticate, events }
}

const auth = { token: 'x', version: '1.0' }

t.test('opens no session behind its -32603, and a further auth does', async (t) => {
  const { server, clock, open, verified, events } = slowBench()
  const { session, send, next } = open()
  send('auth', auth)
  clock.advance(30_000)
  t.match(await next(), { error: { code: -32603 } })
  verified[0]?.(ADA)
  await settle()
  t.strictSame([session.id, session.identity, server.sessions.size, events], ['', null, 0, []])
  send('auth', auth, 2)
  verified[1]?.(ADA)
  t.match(await next(), { id: 2, result: 'authenticated' })
  t.equal(server.sessions.size, 1)
})

t.test('changes no token behind its -32603', async (t) => {
  const { clock, open, verified, events } = slowBench()
  const { session, send, next } = open()
  send('auth', auth)
  verified[0]?.(ADA)
  await next()
  send('auth', auth, 2)
  clock.advance(30_000)
  t.match(await next(), { id: 2, error: { code: -32603 } })
  verified[1]?.({ ...ADA, role: 'admin' })
  await settle()
  t.equal(session.identity?.role, 'user')
  t.strictSame(events, ['session', 'authenticated'])
})

t.test('opens none by POST, where its answer names no session', async (t) => {
  const { server, clock, verified, authenticate } = slowBench()
  const face = new HttpFace(server, authenticate, TRANSPORT_STATUSES)
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: auth }))
  const answer = face.post({ body, address: '', session: undefined, seq: undefined, ack: undefined, bearer: undefined, respondAsync: false })
  clock.advance(30_000)
  const { headers } = await answer
  t.equal(headers['mse-session'], undefined)
  verified[0]?.(ADA)
  await settle()
  t.equal(server.sessions.size, 0)
})
