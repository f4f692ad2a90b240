import t, { type Test } from 'tap'
import type { Timer } from '../../lib/util/clock.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { type MemoryWorld, openMemory } from '../faces/memory-world.ts'
import type { Session } from '../../lib/session/session.ts'

const WINDOW_MS = 60_000

/** A clock that somebody sets, while its timers go on as they were, and that counts them. */
class SetClock extends FakeClock {
  offsetMs = 0
  made = 0
  override now (): number { return super.now() + this.offsetMs }
  override after (delayMs: number, task: () => void): Timer {
    this.made++
    return super.after(delayMs, task)
  }
}

/** A session that was opened by a POST, and the clock. */
function open (t: Test): { world: MemoryWorld, clock: SetClock, session: Session, ping: () => void } {
  const clock = new SetClock()
  const world = openMemory(t, {}, clock)
  const auth = world.post(null, { jsonrpc: '2.0', id: 1, method: 'auth', params: { token: 'alice', version: '1.0' } })
  if (auth instanceof Promise) throw new Error('not at once')
  const session = world.server.find(auth.headers['mse-session'] ?? '')
  if (session === undefined) throw new Error('no session')
  return { world, clock, session, ping: () => { world.post(session, { jsonrpc: '2.0', id: 2, method: 'ping' }) } }
}

t.test('a session without a link stays for its window after each request, and no longer', (t) => {
  const { clock, session, ping } = open(t)
  for (const afterMs of [1, 59_999, 30_000, 30_000, 60_000 - 1]) {
    clock.advance(afterMs)
    ping()
  }
  clock.advance(WINDOW_MS - 1)
  t.equal(session.ended, null)
  clock.advance(1)
  t.match(session.ended, { text: /not resumed in time/ })
  t.end()
})

t.test('requests make no timers', (t) => {
  const { clock, ping } = open(t)
  clock.advance(1)
  ping()
  const before = clock.made
  for (let count = 0; count < 100; count++) {
    clock.advance(1)
    ping()
  }
  t.equal(clock.made, before)
  t.end()
})

t.test('a clock that is set ends no session before its time, and keeps none for ever', (t) => {
  for (const offsetMs of [3_600_000, -3_600_000]) {
    for (const isSetBefore of [true, false]) {
      const { clock, session, ping } = open(t)
      clock.advance(30_000)
      if (isSetBefore) clock.offsetMs = offsetMs
      ping()
      clock.offsetMs = offsetMs
      clock.advance(WINDOW_MS - 1)
      t.equal(session.ended, null, `set by ${offsetMs}`)
      clock.advance(WINDOW_MS)
      t.not(session.ended, null)
    }
  }
  t.end()
})

t.test('a window that has grown counts from the request that finds it so', (t) => {
  const { clock, session, ping } = open(t)
  clock.advance(10_000)
  session.record.succeeded = [...session.record.succeeded, 'start']
  ping()
  clock.advance(299_999)
  t.equal(session.ended, null)
  clock.advance(1)
  t.not(session.ended, null)
  t.end()
})
