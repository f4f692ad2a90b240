/** Very many sessions: all at once of one user, and one after the other of many. */
import t from 'tap'
import { Connection } from '../../lib/core/connection.ts'
import { HttpFace } from '../../lib/core/http-face.ts'
import type { MseServer } from '../../lib/core/server.ts'
import { TRANSPORT_STATUSES } from '../../lib/core/statuses.ts'
import { Rooms } from '../../lib/session/rooms.ts'
import type { Identity } from '../../lib/session/identity.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { MemoryLink, createMse } from '../../lib/testing/index.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { type Transport, openWorld } from '../matrix/harness.ts'

/** Tokens are `user@room`, and good for an hour. */
function openServer () {
  const clock = new FakeClock()
  const authenticate = (token: string): Identity => {
    const [userId = '', roomId = ''] = token.split('@')
    return { userId, roomId, role: 'user', domain: null, agent: null, issuedAt: null, notBefore: null, expiresAt: clock.now() + 3_600_000 }
  }
  const engine = new RecordingEngine()
  const server = createMse({ authenticate, clock, engine, limits: { anonymousPostBurst: 1e6 } })
  return { clock, server, engine, face: new HttpFace(server, authenticate, TRANSPORT_STATUSES) }
}

const call = (method: string, params: object = {}): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
const auth = (token: string): string => call('auth', { token, version: '1.0' })

/** A link that says these and is gone without a word. */
function come (server: MseServer, address: string, texts: readonly string[], isResumable: boolean): void {
  const connection = new Connection(server, new MemoryLink(isResumable), address)
  for (const text of texts) connection.receive(text)
  connection.lost()
}

t.test('86 of twenty thousand sessions that nobody ended nothing is left when their windows are over', async (t) => {
  const { clock, server, engine, face } = openServer()
  const post = (session: string | undefined, body: string, headers = {}): Promise<{ headers: Record<string, string> }> =>
    Promise.resolve(face.post({ body: Buffer.from(body), address: '203.0.113.5', session, seq: undefined, ack: undefined, bearer: undefined, respondAsync: false, ...headers }))
  let most = 0
  let tickets = 0
  for (let round = 0; round < 20; round++) {
    for (let count = 0; count < 1_000; count++) {
      const token = `${round} ${count}@${count % 300}`
      if (count % 4 === 0) come(server, `2001:db8:${count.toString(16)}::1`, [auth(token), call('ping')], true)
      else if (count % 4 === 1) come(server, '203.0.113.7', [auth(token), call('chat', { to: [], message: 'hello' })], false)
      else if (count % 4 === 2) come(server, '203.0.113.8', [`[${auth(token)},${call('start')},${call('sdpOffer', { offer: 'v=0' })}]`], true)
      else {
        const { headers } = await post(undefined, auth(token))
        const id = headers['mse-session']
        await post(id, call('$/ticket'))
        await post(id, call('ping'), { seq: '1' })
        // One that waits for a body that never comes.
        post(id, call('ping'), { seq: '9' }).catch(() => {})
      }
    }
    most = Math.max(most, server.sessions.size)
    tickets = Math.max(tickets, server.tickets.size)
    await new Promise(setImmediate)
    clock.advance(300_000)
  }
  t.ok(most >= 750 && tickets === 250, `${most} sessions and ${tickets} tickets at the most`)
  t.strictSame(
    { sessions: server.sessions.size, links: server.openLinks, tickets: server.tickets.size, timers: clock.pending, media: engine.openPeers.length, refused: server.refusedAuths.size },
    { sessions: 0, links: 0, tickets: 0, timers: 0, media: 0, refused: 0 }
  )
  for (let room = 0; room < 300; room++) if (server.room(String(room)).size !== 0) t.fail(`room ${room}`)
  t.ok(server.anonymousCalls.size <= 1)
  come(server, '203.0.113.9', [auth('a user who was there@1')], true)
  t.equal(server.sessions.size, 1)
})

t.test('86 a room is forgotten with its last member, and networks are when there are too many', async (t) => {
  const { server } = openServer()
  const rooms = new Rooms('null')
  for (let count = 0; count < 1_000; count++) {
    const session = server.openWithoutLink('127.0.0.1')
    rooms.join(session, `${count}`)
    rooms.leave(session, `${count}`)
  }
  t.equal(rooms.size, 0)
  for (let count = 0; count < 12_000; count++) server.refusedAuths.take(`20.${count >> 16}.${(count >> 8) & 255}.${count & 255}`)
  t.equal(server.refusedAuths.size, 10_000)
})

t.test('87 a user has sixteen sessions, however many come and by whatever face, and other users have theirs', async (t) => {
  const { server, face, clock } = openServer()
  const outcomes = new Map<string, number>()
  const count = (text: string): void => {
    const { result, error } = JSON.parse(text) as { result?: string, error?: { code: number } }
    const outcome = result ?? String(error?.code)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  for (let attempt = 0; attempt < 1_000; attempt++) {
    if (attempt % 2 === 0) {
      const link = new MemoryLink(attempt % 4 === 0)
      new Connection(server, link, `203.0.113.${attempt % 250}`).receive(auth('ada@lobby'))
      count(link.frames[0] ?? '')
    } else {
      const bearer = attempt % 4 === 1 ? 'ada@lobby' : undefined
      const answer = await face.post({ body: Buffer.from(bearer === undefined ? auth('ada@lobby') : call('ping')), address: '203.0.113.5', session: undefined, seq: undefined, ack: undefined, bearer, respondAsync: false })
      if (answer.status === 429) t.equal(Number(answer.headers['retry-after']) >= 1, true)
      count(answer.body)
    }
  }
  t.strictSame([server.sessions.size, outcomes.get('-8001')], [16, 984])
  come(server, '203.0.113.5', [auth('Ada@lobby')], true)
  come(server, '203.0.113.5', [auth('bob@lobby')], true)
  t.equal(server.sessions.size, 18)
  for (const session of server.sessions.values()) session.end({ code: 1000, text: '' })
  clock.advance(10_000)
  t.strictSame([server.sessions.size, server.openLinks], [0, 0])
})

for (const transport of ['memory', 'websocket', 'resume', 'post'] as const satisfies readonly Transport[]) {
  t.test(`87 sixteen, too, when a hundred auths are verified at the same time over ${transport}`, async (t) => {
    const pending: Array<() => void> = []
    const world = await openWorld(t, transport, { jwt: { verify: () => new Promise((resolve) => { pending.push(() => resolve({ userId: 'ada', roomId: 'lobby' })) }) } })
    const clients = await Promise.all(Array.from({ length: 100 }, () => world.open()))
    const answers = clients.map((client) => client.call('auth', { token: 'x', version: '1.0' }))
    while (pending.length < 100) await new Promise(setImmediate)
    for (const settle of pending) settle()
    const codes = (await Promise.all(answers)).map(({ result, error }) => result ?? error?.code)
    t.strictSame([codes.filter((code) => code === 'authenticated').length, codes.filter((code) => code === -8001).length, world.mse.sessions.size], [16, 84, 16])
  })
}
