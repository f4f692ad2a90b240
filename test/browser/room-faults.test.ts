import t from 'tap'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../helpers/chromium.ts'
import { RoomPage } from '../helpers/room-page.ts'
import type { RoomPageOptions } from '../helpers/room-page.ts'
import { kill, serve } from '../helpers/serve.ts'
import type { Server } from '../helpers/serve.ts'
import { makeToken } from '../helpers/tokens.ts'

let browser: Browser

t.before(async () => { browser = await launchChromium() })
t.teardown(() => browser.close())

interface Teardown { teardown (task: () => Promise<void>): void }

async function enter (t: Teardown, { origin }: Server, user: string, options: RoomPageOptions & { readonly in?: Browser } = {}): Promise<RoomPage> {
  const page = await RoomPage.open(options.in ?? browser, origin, user, 'faults', options)
  t.teardown(() => page.close())
  return page
}

t.test('pages say that the server is gone and come back to the one that takes its place', async (t) => {
  const first = await serve(t)
  const [ana, bob] = await Promise.all([enter(t, first, 'ana'), enter(t, first, 'bob')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  await kill(first)
  await ana.is('connecting')
  await ana.says('#waiting', /^The server cannot be reached\. .* Trying again in \d+ s\.$/)
  t.equal(await ana.page.locator('#status').innerText(), 'Reconnecting…')
  // Who was there is expected back, and seen to stand still.
  await ana.shows('bob')
  await ana.until('document.querySelector(\'video[data-user="bob"]\').closest(".tile").dataset.stalled !== undefined')

  await serve(t, [], Number(new URL(first.origin).port))
  await Promise.all([ana.is('joined'), bob.is('joined')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  t.notOk(await ana.page.locator('#waiting').isVisible())
})

t.test('the newest page of a name has the call; the one before says so, and takes it back when it is asked to', async (t) => {
  const server = await serve(t)
  const [ana, bob] = await Promise.all([enter(t, server, 'ana'), enter(t, server, 'bob')])
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
  const newer = await enter(t, server, 'ana')
  await newer.sees('bob')
  await ana.is('failed')
  await ana.says('#problem', /You are in the room from another page/)
  await Promise.all([bob.sees('ana'), newer.sees('bob')])
  await ana.page.locator('#join').click()
  await Promise.all([ana.sees('bob'), bob.sees('ana')])
})

t.test('a refused token is told in words, on the form', async (t) => {
  const server = await serve(t)
  const ana = await enter(t, server, 'ana', { address: `#token=${makeToken({ userId: 'ana', roomId: 'faults' }, 'the secret of another server, long enough')}`, unjoined: true })
  await ana.is('failed')
  await ana.says('#problem', /The server refused the token/)
  t.equal(await ana.page.locator('#join').innerText(), 'Try again')
  t.equal(await ana.page.locator('#call').isVisible(), false)
})

t.test('names that the server does not take are told in words, on the form', async (t) => {
  const server = await serve(t)
  const ana = await enter(t, server, 'ana', { address: `?user=ana&room=${'x'.repeat(65)}`, unjoined: true })
  await ana.is('failed')
  await ana.says('#problem', /did not accept this name or room/)
  t.equal(await ana.page.locator('#room-name').inputValue(), 'x'.repeat(65), 'what was typed stays there to be mended')
})

t.test('without a camera one is in the room all the same, watching', async (t) => {
  const strict = await launchChromium({ args: ['--use-fake-ui-for-media-stream=deny'] })
  t.teardown(() => strict.close())
  const server = await serve(t)
  const ana = await enter(t, server, 'ana')
  const bob = await enter(t, server, 'bob', { in: strict })
  await bob.says('#hint', /Your microphone and camera are blocked; allow access in the address bar\. You can watch and chat/)
  await bob.sees('ana')
  await ana.shows()
  await bob.chat('I only watch')
  await ana.says('#chat-log', /I only watch/)
  t.strictSame(bob.complaints, [])
})

t.test('a full server tells the one who is too many, and takes it when somebody leaves', async (t) => {
  const server = await serve(t, ['--max-streams', '4'])
  const [ana, bob, ...watchers] = await Promise.all([enter(t, server, 'ana'), enter(t, server, 'bob'), enter(t, server, 'cy', { watching: true }), enter(t, server, 'dan', { watching: true })])
  await Promise.all([ana.sees('bob'), bob.sees('ana'), ...watchers.map((page) => page.sees('ana', 'bob'))])
  const eve = await enter(t, server, 'eve', { watching: true, unjoined: true })
  await eve.says('#waiting', /^No room for video right now\. .* Trying again in \d+ s\.$/)
  t.equal(await eve.page.evaluate('document.body.dataset.state'), 'connecting')
  await Promise.all([ana.sees('bob'), bob.sees('ana'), ...watchers.map((page) => page.sees('ana', 'bob'))])

  await watchers[0]?.click('#leave')
  await eve.is('joined')
  await eve.sees('ana', 'bob')
})
