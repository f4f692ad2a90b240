/** The package's client in a real browser on bad networks: it finds a way, and pictures go on. */
import type { FastifyInstance } from 'fastify'
import type { Browser } from 'playwright-core'
import t, { type Test } from 'tap'
import { weriftEngine } from '../../lib/media/werift/index.ts'
import { launchChromium } from '../helpers/chromium.ts'
import { makeToken } from '../helpers/tokens.ts'
import { type WebProxyOptions, WebProxy } from '../helpers/web-proxy.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'
import { ClientPage, serveClientPage } from './client-page.ts'

let browser: Browser

t.before(async () => { browser = await launchChromium() })
t.teardown(() => browser.close())

const page = serveClientPage((userId, roomId) => makeToken({ userId, roomId }))

function startServer (t: Test, drainTimeoutMs = 0): Promise<FastifyInstance> {
  const engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'] })
  // The proxy's origin is not the server's own.
  return startApp(t, { engine, drainTimeoutMs, dangerouslyAllowAnyOrigin: true }, { before: page, fastify: { forceCloseConnections: true } })
}

/** Ann comes through the proxy, Bob does not; both have joined and see each other. */
async function openCall (t: Test, habits: Partial<WebProxyOptions> = {}, options: object = {}) {
  const app = await startServer(t)
  const proxy = await new WebProxy({ port: portOf(app), ...habits }).listen()
  t.teardown(() => proxy.close())
  const [ann, bob] = await Promise.all([ClientPage.join(browser, proxy.origin, 'ann', 'r', options), ClientPage.join(browser, `http://127.0.0.1:${portOf(app)}`, 'bob', 'r')])
  t.teardown(() => Promise.all([ann.context.close(), bob.context.close()]))
  await Promise.all([ann.publish(), bob.publish()])
  await Promise.all([ann.sees('bob'), bob.sees('ann')])
  return { app, proxy, ann, bob }
}

/** Bob says so many things, numbered. */
async function chat (from: ClientPage, first: number, count: number): Promise<void> {
  await from.page.evaluate(`for (let n = ${first}; n < ${first + count}; n++) client.notify('chat', { to: [], message: String(n) })`)
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

t.test('a proxy without WebSockets: the call goes over events', async (t) => {
  const { ann, bob, proxy } = await openCall(t, { refusesWebSockets: true })
  const { states, resets } = await ann.told()
  t.match(states, [{ state: 'open', transport: 'events' }])
  t.strictSame(resets, [])
  t.ok(proxy.requests.includes('GET websocket'), 'it was tried')
  await Promise.all([chat(bob, 0, 50), chat(ann, 0, 50)])
  await Promise.all([ann, bob].map((one) => one.until('told.chats.length === 50')))
  t.strictSame([(await ann.told()).chats, (await bob.told()).chats], [numbers(50), numbers(50)])
  t.strictSame([ann.complaints, bob.complaints], [[], []])
})

t.test('a proxy that holds streams back, too: the call goes over polls', async (t) => {
  const { ann, bob } = await openCall(t, { refusesWebSockets: true, buffersAnswers: true })
  t.match((await ann.told()).states, [{ state: 'open', transport: 'poll' }])
  await Promise.all([chat(bob, 0, 50), chat(ann, 0, 50)])
  await Promise.all([ann, bob].map((one) => one.until('told.chats.length === 50')))
  t.strictSame([(await ann.told()).chats, (await bob.told()).chats], [numbers(50), numbers(50)])
  t.strictSame([ann.complaints, bob.complaints], [[], []])
})

t.test('a network that is away: soon back when it is, nothing lost, pictures move', async (t) => {
  const { ann, bob, proxy } = await openCall(t, {}, { silenceMs: 1_500, aliveTimeoutMs: 500 })
  await ann.context.setOffline(true)
  proxy.goAway()
  await Promise.all([chat(bob, 0, 40), chat(ann, 0, 40)])
  // Nothing says that the link is dead: the client has to find out, and its attempts lead nowhere.
  await ann.until("told.states.filter(({ state }) => state === 'reconnecting').length > 1")
  const before = await ann.page.evaluate<number>('performance.now()')
  proxy.comeBack()
  await ann.context.setOffline(false)
  await Promise.all([ann, bob].map((one) => one.until('told.chats.length === 40')))
  const backInMs = await ann.page.evaluate<number>('performance.now()') - before
  t.comment(`everything there ${Math.round(backInMs)} ms after the network`)
  t.strictSame([(await ann.told()).chats, (await bob.told()).chats], [numbers(40), numbers(40)])
  t.strictSame((await ann.told()).resets, [])
  await Promise.all([ann.sees('bob'), bob.sees('ann')])
  t.strictSame([ann.complaints, bob.complaints], [[], []])
})

t.test('another network: what is sent takes a new way', async (t) => {
  const { ann, bob } = await openCall(t)
  const before = await ann.page.evaluate('ufrag()')
  await ann.page.evaluate("dispatchEvent(new Event('online'))")
  await ann.until(`ufrag() !== ${JSON.stringify(before)} && client.media.connections.publish.connectionState === 'connected'`)
  await Promise.all([ann.sees('bob'), bob.sees('ann')])
  t.strictSame([(await ann.told()).resets, ann.complaints], [[], []])
})

t.test('a page that sleeps: it wakes to all that was said, and pictures move', async (t) => {
  const { ann, bob } = await openCall(t)
  const session = await ann.context.newCDPSession(ann.page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  await chat(bob, 0, 100)
  await bob.until('client.bufferedBytes === 0')
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await ann.until('told.chats.length === 100')
  t.strictSame((await ann.told()).chats, numbers(100))
  await Promise.all([ann.sees('bob'), bob.sees('ann')])
  t.strictSame((await ann.told()).resets, [])
})

t.test('a server that is replaced: everybody is back, and pictures move', async (t) => {
  const { app, proxy, ann } = await openCall(t)
  const next = await startServer(t)
  const cy = await ClientPage.join(browser, `http://127.0.0.1:${portOf(next)}`, 'cy', 'r')
  t.teardown(() => cy.context.close())
  await cy.publish()
  proxy.leadTo(portOf(next))
  await app.close()
  await Promise.all([ann.sees('cy'), cy.sees('ann')])
  const { states, resets, sessions } = await ann.told()
  t.equal(states.at(-1)?.state, 'open')
  t.strictSame(resets, ['unknown'], 'and is told that it is a session anew')
  t.strictSame(sessions, [false, true])
  await ann.until("document.getElementById('bob') === null")
  t.strictSame(ann.complaints, [])
})
