import t, { type Test } from 'tap'
import type { Session } from '../../lib/session/session.ts'
import { MemoryLink } from '../../lib/testing/memory-link.ts'
import { type MemoryWorld, chatsIn, openMemory } from '../faces/memory-world.ts'

const HELD = 65_537

/** A chat of about so many bytes, so that few make many. */
function tellMany (world: MemoryWorld, session: Session, count: number, bytes: number): void {
  for (let n = 1; n <= count; n++) world.tell(session, `${n} ${'x'.repeat(bytes)}`)
}

const numbers = (frames: readonly unknown[]): number[] => chatsIn(frames).map((text) => Number(text.split(' ')[0]))

t.test('holds what comes while more than 64 KiB are unsent, and gives it on when they have left', async (t) => {
  const world = openMemory(t)
  const { link, connection, session } = world.join('ada')
  const before = link.frames.length
  link.bufferedBytes = HELD - 1
  world.tell(session, 'at the limit')
  link.bufferedBytes = HELD
  world.tell(session, 'one')
  world.tell(session, 'two')
  t.equal(link.frames.length, before + 1)
  link.bufferedBytes = 0
  connection.drained()
  t.strictSame(chatsIn(link.frames.slice(before).map((text) => JSON.parse(text))), ['at the limit', 'one', 'two'])
})

t.test('closes a link with 4000 after 10 s without progress, and loses nothing', async (t) => {
  const world = openMemory(t)
  const { link, session, frames } = world.join('ada')
  const seen = frames.length
  link.bufferedBytes = HELD
  world.tell(session, '1 one')
  world.clock.advance(9_999)
  t.equal(link.closed, null)
  world.clock.advance(1)
  t.equal(link.closed?.code, 4000)
  t.equal(session.ended, null)
  world.tell(session, '2 two')
  t.equal(link.frames.length, seen)
  t.strictSame(numbers(world.resume(session, 0).frames), [1, 2])
})

t.test('progress starts the 10 s anew', async (t) => {
  const world = openMemory(t)
  const { link, connection, session } = world.join('ada')
  link.bufferedBytes = HELD
  world.tell(session, 'one')
  for (let round = 0; round < 5; round++) {
    world.clock.advance(9_000)
    connection.drained()
  }
  t.equal(link.closed, null)
  world.clock.advance(10_000)
  t.equal(link.closed?.code, 4000)
})

t.test('closes a link with 4000 above 1 MiB that is not acknowledged, and loses nothing', async (t) => {
  const world = openMemory(t)
  const { link, session } = world.join('ada')
  tellMany(world, session, 15, 65_536)
  t.equal(link.closed, null)
  tellMany(world, session, 1, 65_536)
  t.equal(link.closed?.code, 4000)
  t.equal(numbers(world.resume(session, 0).frames).length, 16)
})

t.test('closes a reader that never acknowledges after 10 s once 256 messages are open, and no sooner', async (t) => {
  const world = openMemory(t)
  const { link, session, send } = world.join('ada')
  tellMany(world, session, 256, 10)
  world.clock.advance(60_000)
  t.equal(link.closed, null)
  tellMany(world, session, 1, 10)
  world.clock.advance(9_999)
  send('$/ack', { received: 100 })
  world.clock.advance(60_000)
  t.equal(link.closed, null, 'it is not behind any more')
  tellMany(world, session, 100, 10)
  world.clock.advance(10_000)
  t.equal(link.closed?.code, 4000)
})

t.test('without a link keeps 256 more than what was open at the loss, then the oldest go and a resume says gap', async (t) => {
  const world = openMemory(t)
  const { connection, session } = world.join('ada')
  tellMany(world, session, 300, 10)
  connection.lost()
  tellMany(world, session, 256, 10)
  t.equal(session.resumeFault(session.record.epoch, 0), null)
  tellMany(world, session, 1, 10)
  t.equal(session.resumeFault(session.record.epoch, 0), 'gap')
  t.strictSame(world.resume(session, 0).answer, { resumed: false, reason: 'gap' })
  t.match(world.resume(session, 1).answer, { resumed: true }, 'the others have it all')
})

t.test('coming back without acknowledging does not make the outbox grow for ever', async (t) => {
  const world = openMemory(t)
  const { session } = world.join('ada')
  for (let round = 0; round < 12; round++) {
    const back = world.resume(session, session.record.outbox.dropped)
    t.match(back.answer, { resumed: true })
    tellMany(world, session, 12, 20_000)
    back.connection.lost()
    tellMany(world, session, 12, 20_000)
  }
  t.ok(session.record.outbox.bytes <= 1_572_864, `${session.record.outbox.bytes} bytes`)
})

t.test('who comes back with more than 1 MiB open may read before it is closed again', async (t) => {
  const world = openMemory(t)
  const { connection, session } = world.join('ada')
  tellMany(world, session, 15, 65_536)
  connection.lost()
  tellMany(world, session, 3, 65_536)
  t.ok(session.record.outbox.bytes > 1_048_576)
  const back = world.resume(session, 0)
  tellMany(world, session, 1, 10)
  t.equal(back.link.closed, null)
  t.equal(numbers(back.frames).length, 19)
})

t.test('what was written to a link that cannot acknowledge is kept to 256 messages, what was not is kept whole', async (t) => {
  const world = openMemory(t)
  const { session } = world.join('ada')
  const stream = Object.assign(new MemoryLink(true), { kind: 'events', acknowledges: false })
  session.attach(stream as never, 0)
  tellMany(world, session, 300, 10)
  t.strictSame(session.record.outbox.dropped, 44)
  stream.bufferedBytes = HELD
  tellMany(world, session, 300, 10)
  t.strictSame(session.record.outbox.dropped, 300, 'nothing that was not written')
  t.equal(stream.closed, null)
})

/** A session on a stream whose client has acknowledged by POST. */
async function openAcknowledged (t: Test) {
  const world = openMemory(t)
  const { session } = world.join('ada')
  const stream = Object.assign(new MemoryLink(true), { kind: 'events', acknowledges: false })
  session.attach(stream as never, 0)
  await world.post(session, { jsonrpc: '2.0', method: '$/ack' }, { ack: '0' })
  return { world, session, stream, acknowledge: (n: number) => world.post(session, { jsonrpc: '2.0', method: '$/ack' }, { ack: String(n) }) }
}

t.test('a client that acknowledges by POST beside a stream loses nothing to a burst', async (t) => {
  const { world, session, stream, acknowledge } = await openAcknowledged(t)
  tellMany(world, session, 3_000, 10)
  t.equal(session.record.outbox.dropped, 0)
  t.equal(stream.closed, null)
  t.equal(session.resumeFault(session.record.epoch, 1), null)
  await acknowledge(2_999)
  world.clock.advance(60_000)
  t.equal(stream.closed, null, 'nor is it behind any more')
})

t.test('a client that acknowledges by POST is closed with 4000 above 1 MiB, or after 10 s without progress, and loses nothing', async (t) => {
  const large = await openAcknowledged(t)
  tellMany(large.world, large.session, 16, 65_536)
  t.equal(large.stream.closed?.code, 4000)
  t.equal(numbers(large.world.resume(large.session, 0).frames).length, 16)

  const late = await openAcknowledged(t)
  tellMany(late.world, late.session, 257, 10)
  late.world.clock.advance(9_999)
  t.equal(late.stream.closed, null)
  late.world.clock.advance(1)
  t.equal(late.stream.closed?.code, 4000)
  t.strictSame([late.session.ended, late.session.record.outbox.dropped], [null, 0])
})

t.test('what a client acknowledged on a WebSocket says nothing about its stream', async (t) => {
  const world = openMemory(t)
  const { session, send } = world.join('ada')
  tellMany(world, session, 1, 10)
  send('$/ack', { received: 1 })
  session.attach(Object.assign(new MemoryLink(true), { kind: 'events', acknowledges: false }) as never, 1)
  tellMany(world, session, 300, 10)
  t.equal(session.record.outbox.dropped, 45)
})

t.test('a plain link is closed with 4000 above 1 MiB unsent, and its session ends', async (t) => {
  const world = openMemory(t)
  const link = new MemoryLink()
  const session = world.server.open(link, '127.0.0.1')
  session.receive(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: 'ada', version: '1.0' } }))
  link.bufferedBytes = 1_048_577
  world.tell(session, 'one')
  t.equal(link.closed?.code, 4000)
  t.equal(session.ended?.code, 4000)
})

for (const [title, options, begin, windowMs] of [
  ['60 s', {}, false, 60_000],
  ['300 s once start has succeeded', {}, true, 300_000],
  ['as long as the option says', { resumeWindowMs: 5_000 }, false, 5_000]
] as const) {
  t.test(`a session waits for its client ${title}`, async (t) => {
    const world = openMemory(t, options)
    const { connection, session } = world.join('ada')
    if (begin) session.record.succeeded.push('start')
    connection.lost()
    world.clock.advance(windowMs - 1)
    t.equal(session.ended, null)
    world.clock.advance(1)
    t.equal(session.ended?.code, 1000)
    t.strictSame(world.resume(session, 0).answer, { resumed: false, reason: 'expired' })
  })
}

t.test('a window of 0 ends the session with its link, with or without media', async (t) => {
  for (const succeeded of [['auth'], ['auth', 'start']]) {
    const world = openMemory(t, { resumeWindowMs: 0 })
    const { connection, session } = world.join('ada')
    session.record.succeeded = succeeded
    connection.lost()
    t.ok(session.ended)
  }
})
