import t, { type Test } from 'tap'
import { Watchdog } from '../../lib/client/watchdog.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'

/** A link that may be silent for 20 s, and has 5 s to answer. */
function watch (t: Test): { clock: FakeClock, watchdog: Watchdog, deeds: string[] } {
  const clock = new FakeClock()
  const deeds: string[] = []
  const startedAt = clock.now()
  const note = (deed: string) => () => { deeds.push(`${deed} ${clock.now() - startedAt}`) }
  const watchdog = new Watchdog({ clock, silenceMs: 20_000, aliveTimeoutMs: 5_000, ask: note('asked'), dead: note('dead') })
  t.teardown(() => {
    watchdog.stop()
    if (clock.pending > 0) throw new Error('a timer is left')
  })
  return { clock, watchdog, deeds }
}

t.test('a silent link is asked once, and is dead when it does not answer', async (t) => {
  const { clock, deeds } = watch(t)
  clock.advance(60_000)
  t.strictSame(deeds, ['asked 20000', 'dead 25000'])
})

t.test('a sign of life puts the question off', async (t) => {
  const { clock, watchdog, deeds } = watch(t)
  clock.advance(19_999)
  watchdog.heard()
  clock.advance(19_999)
  t.strictSame(deeds, [])
  clock.advance(1)
  t.strictSame(deeds, ['asked 39999'])
})

t.test('any sign of life is an answer', async (t) => {
  const { clock, watchdog, deeds } = watch(t)
  clock.advance(24_999)
  watchdog.heard()
  clock.advance(20_000)
  t.strictSame(deeds, ['asked 20000', 'asked 44999'])
})

t.test('whoever wakes asks at once, and waits as long as it wants', async (t) => {
  const { clock, watchdog, deeds } = watch(t)
  clock.advance(3_000)
  watchdog.check(2_000)
  clock.advance(2_000)
  t.strictSame(deeds, ['asked 3000', 'dead 5000'])
})

t.test('one question at a time: a second one neither asks nor waits anew', async (t) => {
  const { clock, watchdog, deeds } = watch(t)
  clock.advance(20_000)
  clock.advance(4_000)
  watchdog.check(5_000)
  clock.advance(1_000)
  t.strictSame(deeds, ['asked 20000', 'dead 25000'])
})

t.test('a watchdog that is stopped is silent', async (t) => {
  const { clock, watchdog, deeds } = watch(t)
  watchdog.stop()
  watchdog.stop()
  t.equal(clock.pending, 0)
  clock.advance(60_000)
  t.strictSame(deeds, [])
})
