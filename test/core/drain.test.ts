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

t.test('ends a session after the answers to its calls, those that wait for others included, and takes new ones until then', async (t) => {
  const world = openMemory(t)
  const client = world.join('ada')
  client.send('slow', {}, 1)
  client.connection.receive(JSON.stringify([{ jsonrpc: '2.0', id: 2, method: 'slow' }]))
  client.send('ping', undefined, 3)
  const over = world.server.drain()
  t.equal(client.link.closed, null, 'its turn is now, but its calls are under way')
  world.finish[1]?.('second')
  await world.clock.advanceAsync(0)
  client.send('slow', {}, 4)
  world.finish[0]?.('first')
  await world.clock.advanceAsync(0)
  t.equal(client.link.closed, null)
  world.finish[2]?.('late')
  await over
  t.strictSame(client.frames.slice(1), [
    [{ id: 2, jsonrpc: '2.0', result: 'second' }], { id: 3, jsonrpc: '2.0', result: 'pong' }, { id: 1, jsonrpc: '2.0', result: 'first' }, { id: 4, jsonrpc: '2.0', result: 'late' }
  ])
  t.equal(client.link.closed?.code, 1012)
  client.connection.lost()
  t.equal(world.clock.pending, 0, 'no timer is left')
})

t.test('ends a session after an answer that others wait for, or nothing', async (t) => {
  for (const isWaitedFor of [false, true]) {
    const world = openMemory(t)
    const client = world.join('ada')
    client.connection.receive(JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'slow' }]))
    if (isWaitedFor) client.send('ping', undefined, 2)
    const over = world.server.drain()
    world.finish[0]?.('first')
    await over
    t.strictSame(client.frames.slice(1), [[{ id: 1, jsonrpc: '2.0', result: 'first' }], ...(isWaitedFor ? [{ id: 2, jsonrpc: '2.0', result: 'pong' }] : [])])
  }
})

t.test('ends who is not done when the time is over, which leaves some for the sockets, but half of it for the sessions', async (t) => {
  for (const [closingMs, limitMs] of [[0, 30_000], [2_000, 28_000], [20_000, 15_000]] as const) {
    const world = openMemory(t, { callTimeoutMs: 1e9 })
    const client = world.join('ada')
    client.send('slow', {}, 1)
    const over = world.server.drain(closingMs)
    await world.clock.advanceAsync(limitMs - 1)
    t.equal(client.link.closed, null)
    await world.clock.advanceAsync(1)
    t.equal(client.link.closed?.code, 1012)
    await over
  }
})

t.test('is over when everybody has left before their turn', async (t) => {
  const world = openMemory(t)
  const clients = ['a', 'b', 'c'].map((user) => world.join(user))
  const over = world.server.drain()
  for (const { send } of clients) send('disconnect')
  await over
  t.strictSame(clients.map(({ link }) => link.closed?.code), [1012, 1000, 1000])
  for (const { connection } of clients) connection.lost()
  t.equal(world.clock.pending, 0)
})
