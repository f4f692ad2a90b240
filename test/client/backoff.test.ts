import t from 'tap'
import { backoffMs } from '../../lib/client/backoff.ts'

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
