import t from 'tap'
import { backoffMs } from '../../lib/client/backoff.ts'
import { createRandom } from '../helpers/fault-proxy.ts'

const between = (min: number, max: number, random: () => number) => ({ minBackoffMs: min, maxBackoffMs: max, random })
const lowest = between(500, 20_000, () => 0)
const highest = between(500, 20_000, () => 0.999_999)
const attempts = Array.from({ length: 40 }, (_, failures) => failures)

t.test('no pause is shorter than the shortest, however often it has failed', async (t) => {
  t.strictSame(new Set(attempts.map((failures) => backoffMs(lowest, failures))), new Set([500]))
  t.ok(backoffMs(between(1, 1, () => 0), 0) > 0)
})

t.test('the bound doubles with each failure, up to the longest pause', async (t) => {
  t.strictSame(attempts.slice(0, 7).map((failures) => Math.round(backoffMs(highest, failures))), [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000])
  t.ok(attempts.every((failures) => backoffMs(highest, failures) < 20_000))
})

t.test('thousands of failures are no more than a few', async (t) => {
  t.equal(Math.round(backoffMs(highest, 5_000)), 20_000)
  t.equal(backoffMs(lowest, Infinity), 500)
})

t.test('pauses are spread over the whole range', async (t) => {
  const tenths = attempts.slice(0, 10).map((tenth) => backoffMs(between(500, 20_000, () => tenth / 10), 10))
  t.strictSame(tenths, [500, 2_450, 4_400, 6_350, 8_300, 10_250, 12_200, 14_150, 16_100, 18_050])
})

t.test('a longest pause below the shortest is the shortest', async (t) => {
  t.equal(backoffMs(between(800, 100, () => 0.9), 3), 800)
})

t.test('nobody comes before the server wants it, and not all at that moment', async (t) => {
  t.equal(backoffMs(lowest, 0, 5_000), 5_500)
  t.equal(Math.round(backoffMs(highest, 0, 5_000)), 6_000)
})

t.test('a wish beyond a minute is a minute', async (t) => {
  t.equal(backoffMs(lowest, 0, 86_400_000), 60_500)
})

t.test('a wish that is none leaves the pause as it is', async (t) => {
  t.strictSame([Number.NaN, -5_000, undefined].map((wishMs) => backoffMs(lowest, 0, wishMs)), [500, 500, 500])
})

/** When each of so many clients asks, whose server went away at one moment and stays away. */
function attemptsAt (clients: number, untilMs: number, random: () => number): number[][] {
  return Array.from({ length: clients }, () => {
    const at: number[] = []
    for (let now = 0, failures = 0; now < untilMs; failures++) {
      now += backoffMs(between(500, 4_000, random), failures)
      at.push(now)
    }
    return at
  })
}

/** The largest number of attempts in one second beside what would come if each client asked at random moments, as often as it may on average. */
function worstShare (all: readonly number[][], untilMs: number): number {
  const meanMs = (failures: number): number => (500 + Math.min(4_000, 500 * 2 ** (failures + 1))) / 2
  const shares: number[] = []
  for (let from = 0; from < untilMs; from += 1_000) {
    const within = (from: number, to: number, begins: number, ends: number): number => Math.max(0, Math.min(ends, to) - Math.max(begins, from))
    const came = all.flat().filter((at) => at >= from && at < from + 1_000).length
    const fair = all.flatMap((at) => at.map((ends, failures) => within(from, from + 1_000, at[failures - 1] ?? 0, ends) / meanMs(failures)))
    shares.push(came / fair.reduce((sum, each) => sum + each, 0))
  }
  return Math.max(...shares)
}

t.test('clients whose server goes away at one moment do not come back at one moment', async (t) => {
  const worst = [1, 2, 3, 4, 5].map((seed) => worstShare(attemptsAt(200, 10_000, createRandom(seed)), 10_000))
  t.comment(worst.map((share) => share.toFixed(2)).join(', '))
  t.ok(worst.every((share) => share <= 1.5), 'no second has more than one and a half times its fair share')
  t.ok(worstShare(attemptsAt(200, 10_000, () => 0.5), 10_000) > 2, 'without chance it would be otherwise')
})
