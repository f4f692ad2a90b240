import t from 'tap'
import { openMemory } from '../faces/memory-world.ts'

t.test('tells each link when it goes, spreads them over a second at least, and ends those with media last', async (t) => {
  const world = openMemory(t)
  const clients = ['a', 'b', 'c', 'd'].map((user) => world.join(user))
  clients[0]?.session.record.succeeded.push('start')
  const over = world.server.drain()
  const afterMs = clients.map(({ link }) => link.controls.at(-1)?.data.afterMs)
  t.strictSame(afterMs, [750, 0, 250, 500])
  t.strictSame(clients.map(({ link }) => link.closed?.code), [undefined, 1012, undefined, undefined])
  world.clock.advance(500)
  t.strictSame(clients.map(({ link }) => link.closed?.code), [undefined, 1012, 1012, 1012])
  world.clock.advance(250)
  await over
  t.equal(clients[0]?.link.closed?.code, 1012)
  t.equal(world.connect().link.closed?.code, 1012, 'nobody comes in any more')
})

t.test('ends all at once when no time is given', async (t) => {
  const world = openMemory(t, { drainTimeoutMs: 0 })
  const clients = ['a', 'b'].map((user) => world.join(user))
  await world.server.drain()
  t.strictSame(clients.map(({ link }) => link.closed?.code), [1012, 1012])
})

t.test('ends sessions that have no link', async (t) => {
  const world = openMemory(t, { drainTimeoutMs: 0 })
  const { connection, session } = world.join('ada')
  connection.lost()
  await world.server.drain()
  t.equal(session.ended?.code, 1012)
  t.equal(world.clock.pending, 0, 'no timer is left')
})
