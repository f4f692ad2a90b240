import t from 'tap'
import { FakeClock } from '../../lib/testing/fake-clock.ts'

t.test('fires timers in the order of their due times and shows each its own time', async (t) => {
  const clock = new FakeClock(1_000)
  const seen: Array<[string, number]> = []
  clock.after(20, () => seen.push(['b', clock.now()]))
  clock.after(10, () => seen.push(['a', clock.now()]))
  clock.after(20, () => seen.push(['c', clock.now()]))
  clock.advance(19)
  t.strictSame(seen, [['a', 1_010]])
  clock.advance(1)
  t.strictSame(seen, [['a', 1_010], ['b', 1_020], ['c', 1_020]])
})

t.test('fires a timer that is made while time moves, within the same move', async (t) => {
  const clock = new FakeClock(0)
  const seen: number[] = []
  const tick = (): void => { seen.push(clock.now()); clock.after(10, tick) }
  clock.after(10, tick)
  clock.advance(35)
  t.strictSame(seen, [10, 20, 30])
  t.equal(clock.now(), 35)
  t.equal(clock.pending, 1)
})

t.test('forgets a cancelled timer, also when it is cancelled twice', async (t) => {
  const clock = new FakeClock()
  const timer = clock.after(5, () => t.fail('fired'))
  timer.cancel()
  timer.cancel()
  clock.advance(10)
  t.equal(clock.pending, 0)
})

t.test('lets promises settle between timers when asked to', async (t) => {
  const clock = new FakeClock(0)
  const seen: number[] = []
  const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve))
  const work = async (): Promise<void> => { for (let i = 0; i < 3; i++) { await wait(10); seen.push(clock.now()) } }
  const done = work()
  await clock.advanceAsync(30)
  await done
  t.strictSame(seen, [10, 20, 30])
})
