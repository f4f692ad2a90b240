import { Type } from '@sinclair/typebox'
import t from 'tap'
import { closeReason, defineMethod } from '../../lib/protocol/index.ts'
import { bench, settle } from '../core/server-under-test.ts'

const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
const PONG = '{"id":1,"jsonrpc":"2.0","result":"pong"}'
const Work = defineMethod({ name: 'work', access: 'public', result: Type.Unknown() })

t.test('finishes after the answer to the message under way', async (t) => {
  const { server, open } = bench()
  server.method(Work, async (_params, { session }) => {
    session.finish(closeReason('ended'))
    await settle()
    return 'bye'
  })
  const { session, send, next, link } = open()
  send('work')
  t.equal(session.isOver, true)
  t.equal(session.ended, null, 'the answer is not out yet')
  send('ping')
  t.match(await next(), { result: 'bye' })
  await settle()
  t.strictSame(session.ended, { code: 1000, text: 'ended' })
  t.strictSame(link.closed, session.ended)
  t.equal(link.frames.length, 1, 'nothing else ran')
})

t.test('finishes at once when no message is under way', async (t) => {
  const { open } = bench()
  const { session, link } = open()
  session.receive(PING)
  session.finish(closeReason('forbidden', 'go away'))
  t.strictSame(link.closed, { code: 4503, text: 'go away' })
  session.finish(closeReason('ended'))
  t.equal(session.ended?.code, 4503, 'the first reason stays')
})

t.test('ends once, aborts its signal before it closes its link, and stays ended', async (t) => {
  const { server, open, join } = bench()
  const { session, link } = await join('ada')
  const seen: unknown[] = []
  session.signal.addEventListener('abort', () => seen.push(['abort', link.closed]))
  server.on('ended', ({ reason }) => seen.push(['ended', reason.code]))
  session.end(closeReason('slowConsumer'))
  session.end(closeReason('ended'))
  session.detach(link, closeReason('ended'))
  t.strictSame(seen, [['abort', null], ['ended', 4000]])
  t.equal(session.signal.aborted, true)
  t.equal(session.transport, 'none')
  t.equal(session.call(PING), undefined)
  const late = open().session
  late.end(closeReason('ended'))
  t.equal(late.signal.aborted, true, 'a signal that is asked for afterwards is aborted')
})

t.test('ends with the link that carries it, and not with one that did before', async (t) => {
  const { join } = bench()
  const [{ session, link }, { link: newer }] = [await join('ada'), await join('bob')]
  session.attach(newer)
  session.detach(link, closeReason('ended'))
  t.equal(session.ended, null)
  session.detach(newer, closeReason('ended', 'gone'))
  t.strictSame(session.ended, { code: 1000, text: 'gone' })
  t.equal(newer.closed, null, 'a link that is gone is not closed')
})

t.test('answers a caller that waits, at once where it can', async (t) => {
  const { server, open } = bench()
  server.method(Work, async () => 'done')
  const { session, link } = open()
  t.equal(session.call(PING), PONG)
  t.equal(session.call('{"method":"ping","jsonrpc":"2.0"}'), undefined)
  const answer = session.call('{"id":1,"method":"work","jsonrpc":"2.0"}')
  t.ok(answer instanceof Promise)
  t.equal(await answer, '{"id":1,"jsonrpc":"2.0","result":"done"}')
  t.strictSame(link.frames, [])
  t.equal(session.call(' '.repeat(16_385)), undefined)
  t.equal(link.closed?.code, 1009)
})

t.test('closes a slow reader above the limit and not at it', async (t) => {
  const { open } = bench({ limits: { maxBufferedBytes: 100 } })
  const { session, link } = open()
  link.bufferedBytes = 100
  session.receive(PING)
  t.equal(link.closed, null)
  link.bufferedBytes = 101
  session.receive(PING)
  t.equal(link.closed?.code, 4000)
  t.strictSame(link.frames, [PONG, PONG])
})

t.test('lets a token end, gives grace, and ends the session after it', async (t) => {
  const { clock, join, server } = bench({ limits: { tokenGraceMs: 1_000 } })
  const expiresAt = clock.now() + 5_000
  const { session, link, send, next } = await join('ada', { expiresAt })
  clock.advance(4_999)
  t.equal(session.record.expired, false)
  clock.advance(1)
  t.equal(session.record.expired, true)
  send('start')
  t.match(await next(), { error: { code: -5001 } })
  clock.advance(999)
  t.equal(link.closed, null)
  clock.advance(1)
  t.equal(link.closed?.code, 4002)
  t.strictSame([server.sessions.size, clock.pending], [0, 0])
})

t.test('goes on with a new token, within the grace too, and for ever with one that has no end', async (t) => {
  const { clock, join } = bench()
  const refresh = (more: object): object => ({ token: JSON.stringify({ userId: 'ada', roomId: 'lobby', ...more }), version: '1.0' })
  const { session, link, send } = await join('ada', { expiresAt: clock.now() + 1_000 })
  clock.advance(25_999)
  t.equal(session.record.expired, true)
  send('auth', refresh({ expiresAt: clock.now() + 60_000 }))
  t.equal(session.record.expired, false)
  t.equal(clock.pending, 1, 'the old timer is gone')
  clock.advance(59_999)
  t.equal(session.record.expired, false)
  send('auth', refresh({}))
  t.equal(clock.pending, 0)
  clock.advance(1e12)
  t.equal(link.closed, null)
})

t.test('counts the sessions of a user and frees the place of one that ends', async (t) => {
  const { join, open, server, log } = bench({ limits: { maxSessionsPerUser: 3 } })
  const peers = [await join('ada'), await join('ada', { roomId: 'attic' }), await join('ada')]
  await t.rejects(join('ada'), /-8001/)
  await join('bob')
  const claims = { token: '{"userId":"ada","roomId":"lobby"}', version: '1.0' }
  peers[0]?.send('auth', claims)
  t.match(await peers[0]?.next(), { result: 'authenticated' }, 'a refresh takes no place')
  peers[1]?.session.end(closeReason('ended'))
  t.equal((await join('ada')).session.identity?.userId, 'ada')
  const fourth = open()
  fourth.send('auth', claims)
  t.match(await fourth.next(), { error: { code: -8001, data: { retryAfterMs: 1_000 } } })
  t.strictSame([fourth.session.id, fourth.session.record.refusedAuths, server.sessions.size], ['', 0, 4])
  t.notMatch(JSON.stringify(log), 'refused', 'the token was good')
})
