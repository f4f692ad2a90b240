import t from 'tap'
import type { SessionRecord } from '../../lib/session/record.ts'
import { chatsIn, openMemory } from '../faces/memory-world.ts'

const copy = (record: SessionRecord): SessionRecord => JSON.parse(JSON.stringify(record)) as SessionRecord

t.test('another server goes on with a session that went through JSON: what was missed, numbers, replays', async (t) => {
  const first = openMemory(t)
  const ada = first.join('ada')
  const { session } = ada
  first.tell(session, 'one')
  ada.send('$/ack', { received: 1 })
  ada.send('chat', { to: [], message: 'counted' })
  ada.connection.lost()
  const answer = await first.post(session, { jsonrpc: '2.0', id: 7, method: 'ping' }, { seq: '2' })
  first.tell(session, 'two')
  first.tell(session, 'three')

  const second = openMemory(t)
  const restored = second.server.restore(copy(session.record))
  const again = await second.post(restored, { jsonrpc: '2.0', id: 7, method: 'ping' }, { seq: '2' })
  t.strictSame([again.body, again.headers['mse-replayed']], [answer.body, '1'], 'the answer is kept')
  const back = second.resume(restored, 1)
  t.match(back.answer, { resumed: true, received: 2 })
  t.strictSame(chatsIn(back.frames), ['two', 'three'])
  second.tell(restored, 'four')
  t.strictSame(chatsIn(back.frames), ['two', 'three', 'four'])
  t.equal(restored.record.outbox.top, 4)
  t.equal(second.server.find(session.id), restored)
})

t.test('a record with more open than a session without link keeps is taken whole', async (t) => {
  const first = openMemory(t)
  const { session } = first.join('ada')
  for (let n = 1; n <= 400; n++) first.tell(session, `message ${n}`)
  const second = openMemory(t)
  const restored = second.server.restore(copy(session.record))
  second.tell(restored, 'message 401')
  const back = second.resume(restored, 0)
  t.match(back.answer, { resumed: true })
  t.equal(chatsIn(back.frames).length, 401)
})

t.test('a restored session waits for its window, and keeps its token\'s end', async (t) => {
  const first = openMemory(t)
  const { session } = first.join('ada:100000')
  const second = openMemory(t, {}, first.clock)
  const restored = second.server.restore(copy(session.record))
  first.clock.advance(59_999)
  t.equal(restored.ended, null)
  first.clock.advance(1)
  t.equal(restored.ended?.code, 1000)
  const other = second.server.restore(copy(first.join('bob:30000').session.record))
  const back = second.resume(other, 0)
  first.clock.advance(30_000 + 25_000)
  t.equal(back.link.closed?.code, 4002)
})

t.test('refuses a record that never authenticated', async (t) => {
  const { server, connect } = openMemory(t)
  t.throws(() => server.restore(copy(connect().connection.session.record)), TypeError)
})
