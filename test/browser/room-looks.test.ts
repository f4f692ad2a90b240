import t from 'tap'
import { launchChromium } from '../helpers/chromium.ts'
import { RoomPage } from '../helpers/room-page.ts'
import { serve } from '../helpers/serve.ts'

const SIZES = [['desk', 1280, 800], ['phone', 390, 844], ['phone on its side', 844, 390], ['small phone', 320, 568]] as const

/** What is wrong with how the page lies before one; empty when nothing is. */
const FAULTS = `(() => {
  const faults = []
  const seen = (element) => element.checkVisibility()
  const box = (element) => element.getBoundingClientRect()
  const name = (element) => element.id || element.className
  if (document.documentElement.scrollWidth > innerWidth) faults.push('is wider than the window: ' + document.documentElement.scrollWidth)
  const toolbar = document.querySelector('#toolbar')
  for (const element of [...document.querySelectorAll('.tile, .bar, .toolbar, .card, #chat')].filter(seen)) {
    const { left, right, top, bottom } = box(element)
    if (left < 0 || right > innerWidth + 1) faults.push(name(element) + ' leaves the window sideways')
    if (!element.matches('.card') && (top < -1 || bottom > innerHeight + 1)) faults.push(name(element) + ' leaves the window at the top or bottom')
    if (element.matches('.tile') && bottom > box(toolbar).top + 1) faults.push('a tile lies under the buttons')
    if (element.matches('.tile') && (right - left < 60 || bottom - top < 45)) faults.push('a tile is too small to see anybody: ' + Math.round(right - left) + 'x' + Math.round(bottom - top))
  }
  for (const button of [...document.querySelectorAll('.tool, .primary, .send')].filter(seen)) {
    const { width, height } = box(button)
    if (width < 44 || height < 44) faults.push(name(button) + ' is too small for a finger')
  }
  return faults
})()`

/** Tiles follow the window with the next frame, if the machine has time for it: what is wrong after a second stays wrong. */
const SETTLED = `(async () => {
  let faults
  for (let frame = 0; frame < 60 && faults?.length !== 0; frame++) {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    faults = ${FAULTS}
  }
  return faults
})()`

t.test('the page fits desks and phones, light and dark, before, in and after a call', async (t) => {
  const [browser, { origin }] = await Promise.all([launchChromium(), serve(t)])
  t.teardown(() => browser.close())
  const others = await Promise.all(['bob', 'Zoë van Dijk'].map((user) => RoomPage.open(browser, origin, user, 'Garden')))
  const ana = await RoomPage.open(browser, origin, 'ana', 'Garden')
  await ana.shows('bob', 'Zoë van Dijk')

  const fits = async (what: string): Promise<void> => {
    for (const [size, width, height] of SIZES) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await ana.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await ana.page.setViewportSize({ width, height })
        t.strictSame(await ana.page.evaluate(SETTLED), [], `${what}, ${size}, ${colorScheme}`)
      }
    }
  }
  await ana.click('#chat-close')
  await fits('in a call')
  await ana.click('#chat-toggle')
  await others[1]?.chat(`${'words '.repeat(40)}${'x'.repeat(200)}`)
  await ana.says('#chat-log', /words/)
  await fits('with the chat open')
  t.ok(await ana.page.evaluate('document.querySelector("#chat-log").scrollWidth <= document.querySelector("#chat-log").clientWidth'), 'a long word is broken')
  await ana.click('#chat-close')
  await others[0]?.click('#screen')
  await ana.shows('bob', 'Zoë van Dijk', 'bob (screen)')
  await fits('with a screen')
  await ana.click('#leave')
  await ana.is('idle')
  await fits('after leaving')
  await ana.page.fill('#room-name', 'x'.repeat(64))
  await ana.page.evaluate('document.querySelector("#room-name").removeAttribute("maxlength"), document.querySelector("#room-name").value += "x"')
  await ana.click('#join')
  await ana.is('failed')
  await fits('with a fault')
})
