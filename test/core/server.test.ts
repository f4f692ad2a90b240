import t from 'tap'
import { Chat, Disconnect } from '../../lib/protocol/index.ts'
import { bench } from './server-under-test.ts'

t.test('tells its listeners what happens to sessions, in order', async (t) => {
  const { server, join, open, clock } = bench({ limits: { maxSessionsPerUser: 1 } })
  const seen: unknown[] = []
  server.on('session', ({ identity }) => seen.push(['session', identity.userId]))
  server.on('authenticated', ({ refresh }) => seen.push(['authenticated', refresh]))
  server.on('started', () => seen.push(['started']))
  server.on('ended', ({ reason }) => seen.push(['ended', reason.code]))
  server.on('rejected', ({ cause, address }) => seen.push(['rejected', cause, address]))
  const ada = await join('ada')
  ada.send('auth', { token: '{"userId":"ada","roomId":"lobby"}', version: '1.0' })
  ada.send('start')
  await ada.next()
  await ada.next()
  const other = open()
  other.send('auth', { token: '{"userId":"ada","roomId":"lobby"}', version: '1.0' })
  other.send('auth', { token: 'bad', version: '1.0' })
  clock.advance(10_000)
  ada.send('disconnect', {}, null)
  t.strictSame(seen, [
    ['session', 'ada'], ['authenticated', false], ['authenticated', true], ['started'],
    ['rejected', 'sessions', '192.0.2.1'], ['rejected', 'auth', '192.0.2.1'], ['ended', 1000]
  ], 'a link that never authenticated does not end as a session')
})

t.test('goes on when a listener throws, and tells the others', async (t) => {
  const { server, join, log } = bench()
  const seen: string[] = []
  server.on('session', () => { throw new Error('a listener of the app') })
  const stop = server.on('session', ({ identity }) => seen.push(identity.userId))
  await join('ada')
  stop()
  stop()
  await join('bob')
  t.strictSame(seen, ['ada'])
  t.match(log, [{ level: 'error', message: 'a listener failed', details: { event: 'session' } }, { level: 'error' }])
})

t.test('ends every session when it closes, and turns new links away', async (t) => {
  const { server, join, open, clock } = bench()
  const [ada, stranger] = [await join('ada'), open()]
  server.close()
  server.close()
  for (const { link } of [ada, stranger, open()]) t.equal(link.closed?.code, 1012)
  t.equal(server.isClosing, true)
  t.strictSame([server.openLinks, server.sessions.size, clock.pending], [0, 0, 0], 'nothing is left')
})

t.test('gives every session an id and an epoch from its source of ids', async (t) => {
  let count = 0
  const { server, join } = bench({ ids: { session: () => `session-${++count}`, epoch: () => `epoch-${count}`, error: () => 'error' } })
  const { session } = await join('ada')
  t.match(session.record, { id: 'session-1', epoch: 'epoch-1' })
  t.equal(server.sessions.get('session-1'), session)
})

t.test('has a record that survives JSON', async (t) => {
  const { join } = bench()
  const { session } = await join('ada')
  t.strictSame(JSON.parse(JSON.stringify(session.record)), session.record)
})

t.test('does not let the server send what only clients send', async (t) => {
  const { server, join } = bench()
  const { session, link } = await join('ada')
  t.throws(() => session.notify(Disconnect, {}), TypeError)
  t.throws(() => server.room('lobby').notify(Disconnect, {}), TypeError)
  session.notify(Chat, { to: [], message: 'x' })
  t.equal(link.frames.at(-1), '{"id":null,"method":"chat","jsonrpc":"2.0","params":{"to":[],"message":"x"}}')
})
