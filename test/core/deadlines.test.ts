import t from 'tap'
import { openMemory } from '../faces/memory-world.ts'

const names = (client: { link: { controls: ReadonlyArray<{ name: string }> } }): string[] => client.link.controls.map(({ name }) => name)

t.test('warns 60 s before the token ends, lets only a few methods work in the grace, then closes with 4002', async (t) => {
  const world = openMemory(t)
  const ada = world.join('ada:100000')
  world.clock.advance(39_999)
  t.strictSame(names(ada), ['session'])
  world.clock.advance(1)
  t.strictSame(ada.link.controls.at(-1), { name: 'authExpiring', data: { inMs: 60_000 } })
  world.clock.advance(60_000)
  ada.send('slow', undefined, 1)
  ada.send('ping', undefined, 2)
  t.match(ada.frames.slice(-2), [{ id: 1, error: { code: -5001 } }, { id: 2, result: 'pong' }])
  world.clock.advance(24_999)
  t.equal(ada.link.closed, null)
  world.clock.advance(1)
  t.equal(ada.link.closed?.code, 4002)
  t.strictSame(world.resume(ada.session, 0).answer, { resumed: false, reason: 'expired' })
})

t.test('a refresh while a call is in flight keeps the session, the call and the numbers', async (t) => {
  const world = openMemory(t)
  const ada = world.join('ada:100000')
  ada.send('slow', undefined, 1)
  world.clock.advance(110_000)
  const { id } = ada.session
  ada.send('auth', { token: 'ada:100000', version: '1.0' }, 2)
  t.match(ada.frames.at(-1), { id: 2, result: 'authenticated' })
  t.equal(ada.session.id, id)
  t.strictSame(names(ada).filter((name) => name === 'session').length, 1)
  world.clock.advance(10_000)
  t.equal(ada.session.ended, null)
  ada.send('ping', undefined, 3)
  t.match(ada.frames.at(-1), { id: 3, result: 'pong' })
})

t.test('ends a session without a link with its token, too', async (t) => {
  const world = openMemory(t, { resumeWindowMs: 300_000 })
  const { connection, session } = world.join('ada:10000')
  connection.lost()
  world.clock.advance(35_000)
  t.equal(session.ended?.code, 4002)
})
