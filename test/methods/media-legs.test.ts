import t from 'tap'
import { MseError, closeReason } from '../../lib/protocol/index.ts'
import { bench, settle } from '../core/server-under-test.ts'

const LOST = { error: { code: -7001, data: { retryAfterMs: 1_000 } } }

/** Makes each join of an engine wait until the test lets it go on. */
function gates (engine: ReturnType<typeof bench>['engine']): Array<() => void> {
  const waiting: Array<() => void> = []
  engine.beforeJoin = () => new Promise((resolve) => { waiting.push(resolve) })
  return waiting
}

t.test('joins once, however often a slow start is asked for', async (t) => {
  const { engine, join, clock } = bench()
  const waiting = gates(engine)
  const { send, next, session } = await join('ada')
  send('start')
  await settle()
  clock.advance(30_000)
  t.match(await next(), { error: { code: -32603 } }, 'it took too long')
  await settle()
  send('start')
  await settle()
  t.equal(waiting.length, 1, 'the engine is not asked again')
  waiting[0]?.()
  t.match(await next(), { result: 'started' })
  t.equal(engine.openPeers.length, 1)
  session.end(closeReason('ended'))
  await settle()
  t.equal(engine.openPeers.length, 0, 'no peer belongs to nobody')
})

t.test('has the media of a start that was answered for too early', async (t) => {
  const { engine, join, clock } = bench()
  const waiting = gates(engine)
  const { send, next } = await join('ada')
  send('start')
  await settle()
  clock.advance(30_000)
  await next()
  waiting[0]?.()
  await settle()
  send('sdpOffer', { offer: 'v=0' })
  t.match(await next(), { error: { code: -6001 } }, 'the client does not know of it')
  send('start')
  t.match(await next(), { result: 'started' })
  t.equal(engine.peers.length, 1)
})

t.test('leaves the media with the newest start, also when an older one is taken later', async (t) => {
  const { engine, join } = bench()
  const waiting = gates(engine)
  const [older, newer] = [await join('ada'), await join('ada')]
  older.send('start')
  await settle()
  newer.send('start')
  await settle()
  waiting[1]?.()
  t.match(await newer.next(), { result: 'started' })
  waiting[0]?.()
  t.match(await older.next(), { error: { code: -7001, data: { retryAfterMs: 1_000, reason: 'superseded' } } })
  t.strictSame(engine.peers.map(({ closed }) => closed), [null, 'superseded'])
  newer.send('sdpOffer', { offer: 'v=0' })
  t.match(await newer.next(), { result: null })
})

t.test('ignores the late word of an engine about a peer that is gone', async (t) => {
  const { engine, join } = bench()
  const { send, next } = await join('ada')
  send('start')
  await next()
  engine.peers[0]?.context.closed('ice')
  for (const answer of [LOST, { result: 'started' }]) {
    send('start')
    t.match(await next(), answer)
  }
  engine.peers[0]?.context.closed('ice')
  send('sdpOffer', { offer: 'v=0' })
  t.match(await next(), { result: null })
  t.equal(engine.peers[1]?.descriptions.length, 1)
})

t.test('refuses a start whose peer ended before the engine had handed it over', async (t) => {
  const { engine, join } = bench()
  engine.beforeJoin = (context) => context.closed('engine')
  const { send, next } = await join('ada')
  send('start')
  t.match(await next(), LOST)
  t.strictSame(engine.peers.map(({ closed }) => closed), ['the session is over'])
  engine.beforeJoin = () => {}
  send('start')
  t.match(await next(), { result: 'started' }, 'it has been told')
})

t.test('passes on what the engine says of its fullness, and hides its own faults', async (t) => {
  const { engine, join, log } = bench()
  const { send, next } = await join('ada')
  engine.beforeJoin = () => { throw new MseError('unavailable', { retryAfterMs: 42 }) }
  send('start')
  t.match(await next(), { error: { code: -7001, data: { retryAfterMs: 42 } } })
  t.strictSame(log, [])
  engine.beforeJoin = () => { throw new Error('password=canary') }
  send('start')
  const answer = await next()
  t.match(answer, { error: { code: -7001, data: { retryAfterMs: 5_000 } } })
  t.notMatch(JSON.stringify(answer), 'canary')
  t.match(log, [{ level: 'error', details: { engine: 'recording', err: { message: 'password=canary' } } }])
})

t.test('drops signals of a session whose start has not succeeded', async (t) => {
  const { engine, join } = bench({ limits: { messageBurst: 1_000 } })
  const { send, link } = await join('ada')
  send('sdpOffer', { offer: 'v=0' }, null)
  send('iceCandidate', { candidate: '' }, null)
  t.strictSame(engine.peers, [])
  t.equal(link.frames.length, 1)
})

t.test('forgets the newest of a user with its session, so that the next start supersedes nobody', async (t) => {
  const { engine, join } = bench()
  for (let round = 0; round < 3; round++) {
    const { send, next, session } = await join('ada')
    send('start')
    t.match(await next(), { result: 'started' })
    session.end(closeReason('ended'))
  }
  t.strictSame(engine.peers.map(({ closed }) => closed), Array(3).fill('the session is over'))
})

t.test('does not take media from a user whose id and room only look alike', async (t) => {
  const { engine, join } = bench()
  for (const [userId, roomId] of [['a","b', 'c'], ['b', 'c","a'], ['b', 'c'], ['c', 'b']] as const) {
    const { send, next } = await join(userId, { roomId })
    send('start')
    t.match(await next(), { result: 'started' })
  }
  t.equal(engine.openPeers.length, 4)
})
