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

t.test('three people see and hear each other, whoever leaves, comes back or joins at the same time', async (t) => {
  const [ana, bob] = await Promise.all([enter(t, 'ana', 'r1'), enter(t, 'bob', 'r1')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  const cy = await enter(t, 'cy', 'r1')
  await Promise.all([ana.sees('bob', 'cy'), bob.sees('ana', 'cy'), cy.sees('ana', 'bob')])
  t.comment(`first frame of ana, bob and cy: ${(await Promise.all([ana, bob, cy].map((page) => page.firstFrameMs()))).join(', ')} ms`)
  t.strictSame(await ana.page.locator('.tile-name').allInnerTexts(), ['ana (you)', 'bob', 'cy'], 'each tile has its name')
  t.equal(await ana.page.locator('#people-count').innerText(), '3 people')
  t.equal(await ana.page.locator('video[data-self]').count(), 1)

  await bob.click('#leave')
  await bob.is('idle')
  await Promise.all([ana.sees('cy'), cy.sees('ana')])
  await bob.click('#join')
  await bob.is('joined')
  await Promise.all([ana.sees('bob', 'cy'), bob.sees('ana', 'cy'), cy.sees('ana', 'bob')])

  await cy.close()
  await Promise.all([ana.sees('bob'), bob.sees('ana')])

  const [dan, eve] = await Promise.all([enter(t, 'dan', 'r1'), enter(t, 'eve', 'r1')])
  await Promise.all([ana.sees('bob', 'dan', 'eve'), bob.sees('ana', 'dan', 'eve'), dan.sees('ana', 'bob', 'eve'), eve.sees('ana', 'bob', 'dan')])
  for (const page of [ana, bob, dan, eve]) t.strictSame(page.complaints, [], `nothing in the console of ${page.user}, and nothing against the content policy`)
})

t.test('two rooms neither see nor hear of each other', async (t) => {
  const [ana, bob, cy, dan] = await Promise.all([enter(t, 'ana', 'red'), enter(t, 'bob', 'red'), enter(t, 'cy', 'blue'), enter(t, 'dan', 'blue')])
  await Promise.all([ana.sees('bob'), bob.sees('ana'), cy.sees('dan'), dan.sees('cy')])
  await ana.chat('only for red')
  await bob.says('#chat-log', /only for red/)
  await cy.chat('only for blue')
  await dan.says('#chat-log', /only for blue/)
  for (const page of [ana, bob]) t.notMatch(await page.page.locator('#chat-log').innerText(), 'blue')
  for (const page of [cy, dan]) t.notMatch(await page.page.locator('#chat-log').innerText(), 'red')
})
