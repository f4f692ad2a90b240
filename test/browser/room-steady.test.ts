import t from 'tap'
import { launchChromium } from '../helpers/chromium.ts'
import { RoomPage } from '../helpers/room-page.ts'
import { serve } from '../helpers/serve.ts'

/** `STEADY_FULL=1`: a whole minute. */
const SECONDS = process.env['STEADY_FULL'] === '1' ? 60 : 20
const WINDOW = 5

/** Frames per second of each remote picture, second by second: `{ bob: [15, 14, …] }`. */
const MEASURE = `(async () => {
  const rates = {}
  let [before, since] = [await probe.shown(), performance.now()]
  for (let second = 0; second < ${SECONDS}; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const [now, at] = [await probe.shown(), performance.now()]
    for (const name of Object.keys(before)) (rates[name] ??= []).push(((now[name]?.frames ?? 0) - before[name].frames) * 1_000 / (at - since))
    ;[before, since] = [now, at]
  }
  return rates
})()`

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** The mean of each stretch of so many seconds. */
const windows = (rates: readonly number[]): number[] =>
  rates.slice(WINDOW - 1).map((_, start) => rates.slice(start, start + WINDOW).reduce((sum, rate) => sum + rate, 0) / WINDOW)

t.test(`pictures are steady for ${SECONDS} seconds`, { timeout: 180_000 }, async (t) => {
  const [browser, { origin }] = await Promise.all([launchChromium(), serve(t)])
  t.teardown(() => browser.close())
  const pages = await Promise.all(['ana', 'bob', 'cy'].map((user) => RoomPage.open(browser, origin, user, 'steady')))
  const others = (user: string): string[] => ['ana', 'bob', 'cy'].filter((name) => name !== user)
  await Promise.all(pages.map((page) => page.sees(...others(page.user))))

  const measured = await Promise.all(pages.map((page) => page.page.evaluate<Record<string, number[]>>(MEASURE)))
  for (const [index, rates] of measured.entries()) {
    const user = pages[index]?.user ?? ''
    t.strictSame(Object.keys(rates).toSorted(), others(user))
    for (const [from, perSecond] of Object.entries(rates)) {
      const [middle, slowest] = [median(perSecond), Math.min(...windows(perSecond))]
      t.comment(`${from} at ${user}: median ${middle.toFixed(1)} fps, slowest ${WINDOW} s ${slowest.toFixed(1)} fps, slowest second ${Math.min(...perSecond).toFixed(1)} fps`)
      t.ok(middle > 0 && slowest > middle / 2, `${from} at ${user} never falls below half of its median for ${WINDOW} s`, { perSecond: perSecond.map(Math.round).join(' ') })
    }
    t.strictSame(pages[index]?.complaints, [])
  }
})
