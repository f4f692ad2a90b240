import t from 'tap'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../helpers/chromium.ts'
import { RoomPage } from '../helpers/room-page.ts'
import { serve } from '../helpers/serve.ts'

let browser: Browser
let origin: string

t.before(async () => {
  browser = await launchChromium()
  origin = (await serve(t)).origin
})
t.teardown(() => browser.close())

interface Teardown { teardown (task: () => Promise<void>): void }

const enter = async (t: Teardown, user: string, room: string): Promise<RoomPage> => {
  const page = await RoomPage.open(browser, origin, user, room)
  t.teardown(() => page.close())
  return page
}

/** The tile of a person, as the style sheets see it. */
const tile = (user: string): string => `document.querySelector(${JSON.stringify(`video[data-user="${user}"]`)}).closest('.tile')`

t.test('chat goes to everybody or to one person, as text and never as markup', async (t) => {
  const [ana, bob, cy] = await Promise.all([enter(t, 'ana', 'chat'), enter(t, 'bob', 'chat'), enter(t, 'cy', 'chat')])
  await Promise.all([ana.shows('bob', 'cy'), bob.shows('ana', 'cy'), cy.shows('ana', 'bob')])
  await ana.chat('<b>hello</b> all')
  await Promise.all([bob.says('#chat-log', /ana[^]*<b>hello<\/b> all/), cy.says('#chat-log', /ana[^]*<b>hello<\/b> all/)])
  await ana.chat('between us', 'bob')
  await bob.says('#chat-log', /to you only[^]*between us/)
  // What comes after it proves that it did not come.
  await ana.chat('and again to all')
  await Promise.all([bob, cy].map((page) => page.says('#chat-log', /and again to all/)))
  t.notMatch(await cy.page.locator('#chat-log').innerText(), 'between us')
  t.match(await ana.page.locator('#chat-log').innerText(), /to bob only[^]*between us/)

  await bob.click('#chat-close')
  await cy.chat('are you there?', 'bob')
  await bob.says('#chat-badge', /^1$/)
  await bob.click('#chat-toggle')
  t.notOk(await bob.page.locator('#chat-badge').isVisible())

  await ana.page.selectOption('#chat-to', 'bob')
  await bob.click('#leave')
  await ana.shows('cy')
  await ana.page.fill('#chat-message', 'a secret')
  await ana.page.press('#chat-message', 'Enter')
  t.equal(await ana.page.inputValue('#chat-message'), 'a secret', 'what was meant for one who has left is not sent to the others')
  t.equal(await ana.page.locator('#chat-to option:checked').innerText(), 'bob (not here)')
  await ana.chat('farewell, bob')
  await cy.says('#chat-log', /farewell, bob/)
  t.notMatch(await cy.page.locator('#chat-log').innerText(), 'a secret')
  t.strictSame([...ana.complaints, ...bob.complaints, ...cy.complaints], [])
})

t.test('a muted camera leaves the avatar and a muted microphone silence, until they are on again', async (t) => {
  const [ana, bob] = await Promise.all([enter(t, 'ana', 'mute'), enter(t, 'bob', 'mute')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  await bob.until(`${tile('ana')}.dataset.speaking !== undefined`)

  await ana.click('#camera')
  await bob.until(`${tile('ana')}.dataset.dark !== undefined`)
  t.ok(await bob.page.locator('.tile[data-kind="person"] .avatar').isVisible())
  t.equal(await ana.page.locator('#camera').getAttribute('aria-pressed'), 'false')
  await ana.page.keyboard.press('m')
  // Silence has no event: what is there is measured until nothing is added over a second of sound, 48,000 samples.
  await bob.until(`(async () => {
    const { samples, energy } = (await probe.shown()).ana
    let now
    do now = (await probe.shown()).ana
    while (now.samples < samples + 48_000 && await new Promise((resolve) => setTimeout(resolve, 50, true)))
    return now.energy === energy
  })()`)
  await bob.until(`${tile('ana')}.dataset.speaking === undefined`)
  t.ok(await ana.page.locator('.tile[data-kind="self"] .tile-label .icon').isVisible(), 'one sees that one is mute')

  await ana.click('#camera')
  await ana.click('#microphone')
  await bob.until(`${tile('ana')}.dataset.dark === undefined && ${tile('ana')}.dataset.speaking !== undefined`)
  await bob.sees('ana')
  t.strictSame([...ana.complaints, ...bob.complaints], [])
})

t.test('a shared screen is on the stage of the others, also of who comes later, until it is stopped', async (t) => {
  const [ana, bob] = await Promise.all([enter(t, 'ana', 'screen'), enter(t, 'bob', 'screen')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  for (const round of ['first', 'second']) {
    await ana.click('#screen')
    await bob.shows('ana', 'ana (screen)')
    await bob.seesMoving('ana', 'ana (screen)')
    t.ok(await bob.page.locator('#stage video[data-screen="ana"]').isVisible(), `the ${round} time`)
    t.equal(await bob.page.locator('#stage .tile-name').innerText(), 'ana (screen)')
    if (round === 'second') {
      const cy = await enter(t, 'cy', 'screen')
      await cy.shows('ana', 'ana (screen)', 'bob')
      await cy.seesMoving('ana', 'ana (screen)', 'bob')
      await cy.close()
      await bob.shows('ana', 'ana (screen)')
    }
    await ana.click('#screen')
    await bob.shows('ana')
    t.notOk(await bob.page.locator('#stage').isVisible())
  }
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  t.strictSame([...ana.complaints, ...bob.complaints], [])
})

t.test('any name that the server takes is shown as it is, on tiles, in chat and to whom one writes', async (t) => {
  const names = ['Zoë van Dijk', '李 雷', '"O\'Neil" <b>&amp;', '100%25', 'ana@example.org']
  const pages = await Promise.all(names.map((name) => RoomPage.open(browser, origin, name, 'names & 部屋')))
  t.teardown(() => Promise.all(pages.map((page) => page.close())))
  await Promise.all(pages.map((page) => page.shows(...names.filter((name) => name !== page.user))))
  const [zoe, lei] = pages as [RoomPage, RoomPage]
  await zoe.sees(...names.slice(1))
  t.strictSame((await zoe.page.locator('.tile-name').allInnerTexts()).toSorted(), ['Zoë van Dijk (you)', ...names.slice(1)].toSorted())
  await zoe.chat('for you', '李 雷')
  await lei.says('#chat-log', /Zoë van Dijk · to you only[^]*for you/)
  t.equal(await lei.page.locator('#room-title').innerText(), 'names & 部屋')
  t.strictSame(pages.flatMap(({ complaints }) => complaints), [])
})
