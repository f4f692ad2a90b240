/** The browser's own EventSource, which sets no headers and comes back by itself to the address that it was given. */
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { launchChromium } from '../helpers/chromium.ts'
import { makeToken } from '../helpers/tokens.ts'
import { join, portOf, startApp } from '../helpers/websocket-client.ts'
import { servePage } from './member-page.ts'

/** What the page does: POST by fetch, the server's messages by EventSource, and a list of all that happened. */
const SCRIPT = `{
  const post = async (method, params) => {
    const headers = { 'content-type': 'application/json', ...(page.session === null ? {} : { 'mse-session': page.session }) }
    return fetch('/mse', { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) })
  }
  const page = window.page = {
    session: null,
    seen: [],
    async auth (token) {
      const response = await post('auth', { token, version: '1.0' })
      page.session = response.headers.get('mse-session')
      return response.json()
    },
    async ticket () { return (await (await post('$/ticket')).json()).result.ticket },
    async listen (last) {
      const ticket = await page.ticket()
      page.open('/mse?ticket=' + ticket + (last === undefined ? '' : '&last=' + last))
    },
    open (url) {
      const source = page.source = new EventSource(url)
      const note = (name) => ({ data, lastEventId }) => { page.seen.push({ name, data, id: lastEventId }) }
      // EventSource tells of an open connection by an event of the same name, without data.
      source.addEventListener('open', ({ data, lastEventId }) => { if (data !== undefined) page.seen.push({ name: 'open', data, id: lastEventId }) })
      for (const name of ['message', 'ping', 'reset', 'end']) source.addEventListener(name, note(name))
      source.onerror = () => { page.seen.push({ name: ['connecting', 'open', 'closed'][source.readyState], data: '', id: '' }) }
    },
    async end () { return (await fetch('/mse', { method: 'DELETE', headers: { 'mse-session': page.session } })).status },
    async until (name) {
      for (;;) {
        const place = page.seen.findIndex((one) => one.name === name)
        if (place !== -1) return page.seen.splice(0, place + 1).at(-1)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
}`

interface Seen { readonly name: string, readonly data: string, readonly id: string }

let browser: Browser

t.before(async () => { browser = await launchChromium() })
t.teardown(() => browser.close())

/** A page that has authenticated, and what the server answered to its streams. */
async function openPage (t: Test) {
  const app = await startApp(t, { heartbeatMs: 200, drainTimeoutMs: 0 }, { before: servePage, fastify: { forceCloseConnections: true } })
  const streams: Array<{ readonly status: number, readonly cut: () => void }> = []
  const lastEventIds: unknown[] = []
  app.server.on('request', (request, response) => {
    if (!String(request.url).includes('ticket=')) return
    lastEventIds.push(request.headers['last-event-id'] ?? null)
    streams.push({ get status () { return response.statusCode }, cut: () => { response.destroy() } })
  })
  const page: Page = await browser.newPage()
  t.teardown(() => page.close())
  await page.goto(`http://127.0.0.1:${portOf(app)}`)
  await page.addScriptTag({ content: SCRIPT })
  t.match(await page.evaluate(`page.auth(${JSON.stringify(makeToken({ userId: 'ada' }))})`), { result: 'authenticated' })
  return {
    app,
    page,
    lastEventIds,
    /** Takes what happened up to the next event of that name, and gives that. */
    until: (name: string): Promise<Seen> => page.evaluate<Seen>(`page.until(${JSON.stringify(name)})`),
    statuses: () => streams.map(({ status }) => status),
    cut: () => streams.at(-1)?.cut()
  }
}

t.test('a native EventSource makes the whole walk: ticket, open, chat, ping, break, a new ticket, end', async (t) => {
  const { app, page, until, statuses, cut, lastEventIds } = await openPage(t)
  const bob = await join(app, { userId: 'bob' })
  const say = (message: string): void => bob.send({ jsonrpc: '2.0', id: null, method: 'chat', params: { to: [], message } })
  await page.evaluate('page.listen()')
  t.match(JSON.parse((await until('open')).data), { resumed: false, received: 0, heartbeatMs: 200 })
  say('one')
  const one = await until('message')
  t.match(JSON.parse(one.data), { method: 'chat', params: { from: 'bob', message: 'one' } })
  t.match(one.id, /^[\w-]{8}\.1$/)
  t.strictSame(await until('ping'), { name: 'ping', data: '{}', id: one.id }, 'which moves no position')

  cut()
  await until('connecting')
  say('two')
  await until('closed')
  t.strictSame(statuses(), [200, 404], 'it comes back by itself once, its ticket is used, and that stops it')
  t.strictSame(lastEventIds, [null, one.id], 'though it says where it was')
  await page.evaluate(`page.listen(${JSON.stringify(one.id)})`)
  t.match(JSON.parse((await until('open')).data), { resumed: true })
  t.match(await until('message'), { id: one.id.replace('.1', '.2'), data: /two/ }, 'with a new ticket nothing is missed')

  t.equal(await page.evaluate('page.end()'), 204)
  t.strictSame(JSON.parse((await until('end')).data), { code: 1000 })
  await until('closed')
  t.strictSame(statuses(), [200, 404, 200, 404], 'a page that does not heed it asks once more, and that is all')
  t.equal(await page.evaluate('page.source.readyState'), 2)
})

t.test('a ticket for a session that is over is 204, at which an EventSource stops', async (t) => {
  const { page, until, statuses } = await openPage(t)
  const ticket = await page.evaluate<string>('page.ticket()')
  t.equal(await page.evaluate('page.end()'), 204)
  await page.evaluate(`page.open('/mse?ticket=${ticket}')`)
  await until('closed')
  t.strictSame(statuses(), [204])
})

t.test('a newer stream of the same session tells the older one not to come back', async (t) => {
  const { page, until, statuses } = await openPage(t)
  await page.evaluate('page.listen()')
  await until('open')
  await page.evaluate('page.older = page.source, page.listen()')
  t.strictSame(JSON.parse((await until('end')).data), { code: 4509 })
  await until('closed')
  t.strictSame(await page.evaluate('[page.older.readyState, page.source.readyState]'), [2, 1])
  t.strictSame(statuses(), [200, 200, 404])
})
