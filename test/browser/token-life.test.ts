/** A token's life during a call: pictures go on as long as the session does, whatever becomes of the token. */
import type { Browser } from 'playwright-core'
import t, { type Test } from 'tap'
import type { MseOptions } from '../../index.ts'
import { weriftEngine } from '../../lib/media/werift/index.ts'
import { launchChromium } from '../helpers/chromium.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'
import { MemberPage, servePage } from './member-page.ts'

/** A picture comes 15 times a second; a busy machine may skip many, a call that was set up anew takes longer. */
const MAX_PAUSE_MS = 2_500
let browser: Browser

t.before(async () => { browser = await launchChromium() })
t.teardown(() => browser.close())

/** Seconds since the epoch, from now on. */
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds

async function openCall (t: Test, options: MseOptions) {
  const engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'] })
  const app = await startApp(t, { engine, drainTimeoutMs: 0, ...options }, { before: servePage, fastify: { forceCloseConnections: true } })
  let starts = 0
  app.mse.on('started', () => { starts++ })
  const token = (userId: string, exp = inSeconds(3_600)): string => makeToken({ userId, roomId: 'call', exp })
  const join = (userId: string): Promise<MemberPage> => MemberPage.join(browser, `http://127.0.0.1:${portOf(app)}`, userId, token(userId))
  const [ann, bob] = await Promise.all([join('ann'), join('bob')])
  t.teardown(() => Promise.all([ann.page.close(), bob.page.close()]))
  const bothSee = (): Promise<unknown> => Promise.all([ann.sees(), bob.sees()])
  await bothSee()
  await Promise.all([ann.observe(), bob.observe()])
  const ufrags = await Promise.all([ann, bob].map(async (one) => (await one.observed()).ufrag))

  /** Nothing about the media has changed since both saw each other, and no picture was late. */
  const isUndisturbed = async (t: Test, toAnn: readonly string[], toBob: readonly string[] = []): Promise<void> => {
    const seen = await Promise.all([ann.observed(), bob.observed()])
    t.comment(JSON.stringify(seen.map(({ frames, longestPauseMs }) => ({ frames, longestPauseMs: Math.round(longestPauseMs) }))))
    t.strictSame(seen.map(({ changes }) => changes), [[], []], 'no connection changed')
    t.strictSame(seen.map(({ ufrag }) => ufrag), ufrags, 'nor its credentials')
    t.strictSame(seen.map(({ methods }) => methods), [toAnn, toBob], 'nor was anything negotiated')
    t.ok(seen.every(({ longestPauseMs }) => longestPauseMs < MAX_PAUSE_MS), 'pictures never stopped')
    t.equal(starts, 2, 'the engine has taken each once')
  }
  /** Pictures go on until then. */
  const seeUntil = async (exp: number): Promise<void> => { while (Date.now() <= exp * 1_000) await bothSee() }
  return { app, ann, bob, token, bothSee, isUndisturbed, seeUntil }
}

t.test('pictures go on through a refresh, through the end of a token and through its grace', async (t) => {
  const { app, ann, token, bothSee, isUndisturbed, seeUntil } = await openCall(t, { expiryWarningMs: 1_000, tokenGraceMs: 20_000 })
  t.equal(await ann.auth(token('ann')), 'authenticated', 'a refresh during the call')
  await bothSee()
  await isUndisturbed(t, [])

  const exp = inSeconds(3)
  t.equal(await ann.auth(token('ann', exp)), 'authenticated')
  await ann.until('member.log.some(({ method }) => method === "$/authExpiring")')
  const { inMs } = await ann.page.evaluate<{ inMs: number }>('member.log.find(({ method }) => method === "$/authExpiring").params')
  t.ok(inMs > 0 && inMs <= 1_000, `warned ${inMs} ms before`)
  await seeUntil(exp)
  const chat = { to: [], message: 'hello' }
  t.match(await ann.call('chat', chat), { code: -5001 }, 'the token has ended')
  t.match(await ann.call('start'), { code: -5001 })
  t.equal(await ann.call('ping'), 'pong')
  await bothSee()
  t.match(await ann.call('chat', chat), { code: -5001 }, 'still in the grace')

  t.equal(await ann.auth(token('ann')), 'authenticated')
  t.equal(await ann.call('chat', chat), null, 'whole again')
  await bothSee()
  await isUndisturbed(t, ['$/authExpiring'], ['chat'])
  t.equal(app.mse.sessions.size, 2)
})

t.test('a session that is not refreshed ends with 4002 after the grace, and with it its media', async (t) => {
  const { app, ann, bob, token, bothSee, isUndisturbed, seeUntil } = await openCall(t, { expiryWarningMs: 1_000, tokenGraceMs: 2_000 })
  const exp = inSeconds(2)
  t.equal(await ann.auth(token('ann', exp)), 'authenticated')
  await seeUntil(exp)
  await bothSee()
  t.match(await ann.call('chat', { to: [], message: 'hello' }), { code: -5001 })
  await isUndisturbed(t, ['$/authExpiring'])
  await ann.until('member.closed !== null')
  t.equal(await ann.page.evaluate('member.closed'), 4002)
  await bob.until('JSON.stringify(client.streams()) === "{}"')
  t.strictSame([...app.mse.sessions.values()].map(({ identity }) => identity?.userId), ['bob'])
})
