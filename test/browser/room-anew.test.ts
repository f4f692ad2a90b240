import t from 'tap'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../helpers/chromium.ts'
import { RoomPage } from '../helpers/room-page.ts'
import { serve, terminate } from '../helpers/serve.ts'
import type { Server } from '../helpers/serve.ts'

let browser: Browser

t.before(async () => { browser = await launchChromium() })
t.teardown(() => browser.close())

interface Teardown { teardown (task: () => Promise<void>): void }

const enter = async (t: Teardown, { origin }: Server, user: string): Promise<RoomPage> => {
  const page = await RoomPage.open(browser, origin, user, 'anew')
  t.teardown(() => page.close())
  return page
}

/** The next description is of no use, as if browser and server could not agree. */
const BREAK = `(() => {
  const { prototype } = RTCPeerConnection
  const { setRemoteDescription } = prototype
  prototype.setRemoteDescription = () => {
    prototype.setRemoteDescription = setRemoteDescription
    return Promise.reject(new Error('of no use'))
  }
  window.broken = room.subscribe
  window.sessions = 0
  room.client.on('session', () => { window.sessions++ })
})()`

t.test('connections that are of no more use are made anew on the same session', async (t) => {
  const server = await serve(t)
  const [ana, bob] = await Promise.all([enter(t, server, 'ana'), enter(t, server, 'bob')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  await ana.page.evaluate(BREAK)
  await ana.page.evaluate('room.restartIce()')
  await ana.until('room.subscribe !== null && room.subscribe !== broken')
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  t.equal(await ana.page.evaluate('sessions'), 0)
  t.strictSame([...ana.complaints, ...bob.complaints], [])
})

t.test('a shared screen is there again after the server was restarted', async (t) => {
  const first = await serve(t)
  const [ana, bob] = await Promise.all([enter(t, first, 'ana'), enter(t, first, 'bob')])
  await ana.click('#screen')
  await bob.shows('ana', 'ana (screen)')
  await bob.seesMoving('ana', 'ana (screen)')
  await terminate(first)
  await bob.is('connecting')
  await serve(t, [], Number(new URL(first.origin).port))
  await Promise.all([ana.is('joined'), bob.is('joined')])
  await bob.seesMoving('ana', 'ana (screen)')
  await ana.sees('bob')
})

t.test('whoever closes the tab is gone at once, though a session outlives its links', async (t) => {
  const server = await serve(t)
  const [ana, bob] = await Promise.all([enter(t, server, 'ana'), enter(t, server, 'bob')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  await bob.close()
  await ana.until('room.people.length === 0', 3_000)
})
