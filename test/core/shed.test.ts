import t from 'tap'
import type { Shed } from '../../lib/core/shed.ts'
import { type MemoryClient, openMemory } from '../faces/memory-world.ts'

const KB = 1_000

t.test('who holds most is ended first, and no more than need be; who holds little stays', async (t) => {
  const world = openMemory(t, { holdBytes: 64 * KB })
  const told: Shed[] = []
  world.server.on('shed', (done) => told.push(done))
  const clients = [0, 300, 100, 200, 60].map((kilobytes, index) => {
    const client = world.join(`user-${index}`)
    if (kilobytes > 0) world.tell(client.session, 'x'.repeat(kilobytes * KB))
    return client
  })
  const ended = (): Array<number | undefined> => clients.map(({ session }) => session.ended?.code)
  world.server.shed(400 * KB)
  t.strictSame(ended(), [undefined, 4000, undefined, 4000, undefined])
  t.match(clients[1]?.link.closed, { code: 4000, text: 'slowConsumer' })
  world.server.shed(1_000 * KB)
  t.strictSame(ended(), [undefined, 4000, 4000, 4000, undefined])
  t.match(told.map(({ sessions }) => sessions), [2, 1])
  t.ok((told[0]?.bytes ?? 0) > 500 * KB && (told[0]?.bytes ?? 0) < 510 * KB, `${told[0]?.bytes} bytes`)
  t.equal(world.server.sessions.size, 2)
})

t.test('one that waits for its client is among them, and what waits on a link that cannot resume counts', async (t) => {
  const world = openMemory(t, { holdBytes: 64 * KB })
  const [away, plain] = [world.join('away'), world.join('plain')]
  away.connection.lost()
  world.tell(away.session, 'x'.repeat(100 * KB))
  Object.defineProperty(plain.link, 'bufferedBytes', { value: 90 * KB })
  world.server.shed(100 * KB)
  t.strictSame([away, plain].map(({ session }) => session.ended?.code), [4000, undefined])
  world.server.shed(1)
  t.equal(plain.session.ended?.code, 4000)
})

t.test('where nobody holds much, nothing is ended and nothing told', async (t) => {
  const world = openMemory(t)
  world.server.on('shed', () => t.fail('told'))
  world.join('ada')
  world.server.shed(1_000 * KB)
  t.equal(world.server.sessions.size, 1)
})

t.test('a session that is over holds nothing', async (t) => {
  const world = openMemory(t)
  const client: MemoryClient & { readonly session: { readonly heldBytes: number, readonly record: { readonly outbox: unknown } } } = world.join('ada')
  const session = world.server.sessions.values().next().value!
  world.tell(session, 'hello')
  t.ok(client.session.heldBytes > 0)
  client.send('disconnect', {}, 1)
  t.equal(client.session.heldBytes, 0)
  world.tell(session, 'is anybody there?')
  t.equal(client.session.heldBytes, 0, 'nor what comes after its end')
  t.match(client.session.record.outbox, { bytes: 0, entries: [] })
})
