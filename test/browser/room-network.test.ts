import t from 'tap'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../helpers/chromium.ts'
import { RoomPage } from '../helpers/room-page.ts'
import { freeze, serve, thaw } from '../helpers/serve.ts'
import type { Server } from '../helpers/serve.ts'

let browser: Browser
let server: Server

t.before(async () => {
  browser = await launchChromium()
  server = await serve(t)
})
t.teardown(() => browser.close())

interface Teardown { teardown (task: () => Promise<void>): void }

const enter = async (t: Teardown, user: string, room: string): Promise<RoomPage> => {
  const page = await RoomPage.open(browser, server.origin, user, room)
  t.teardown(() => page.close())
  return page
}

t.test('media goes on after the page restarts ICE', async (t) => {
  const [ana, bob] = await Promise.all([enter(t, 'ana', 'restarts'), enter(t, 'bob', 'restarts')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  for (const round of ['first', 'second']) {
    const before = await ana.ufrags()
    await ana.page.evaluate('room.restartIce()')
    await ana.until(`probe.ufrags().publish !== ${JSON.stringify(before.publish)} && probe.ufrags().subscribe !== ${JSON.stringify(before.subscribe)}`)
    await ana.until('room.publish.signalingState === "stable" && room.publish.connectionState === "connected"')
    await Promise.all([ana.sees('bob'), bob.sees('ana')])
    t.equal(await ana.page.evaluate('document.body.dataset.state'), 'joined', `the ${round} time`)
  }
  t.strictSame([...ana.complaints, ...bob.complaints], [])
})

t.test('media goes on after the server stood still: page and server each restart the connection that is theirs', async (t) => {
  const [ana, bob] = await Promise.all([enter(t, 'ana', 'frozen'), enter(t, 'bob', 'frozen')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  const [before] = await Promise.all([ana.ufrags(), bob.ufrags()])
  freeze(server)
  try {
    await ana.until('document.body.dataset.troubled !== undefined')
    t.equal(await ana.page.locator('#status').innerText(), 'Unstable', 'the page says so')
    await ana.until(`probe.ufrags().publish !== ${JSON.stringify(before.publish)}`)
  } finally {
    thaw(server)
  }
  await ana.until(`probe.ufrags().subscribe !== ${JSON.stringify(before.subscribe)}`)
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  await ana.says('#status', /^Connected$/)
  t.strictSame([...ana.complaints, ...bob.complaints], [])
})
