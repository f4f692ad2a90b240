import t from 'tap'
import type { Browser } from 'playwright-core'
import { weriftEngine } from '../../lib/media/werift/index.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { silentLogger } from '../../lib/util/logger.ts'
import { launchChromium } from '../helpers/chromium.ts'
import { Participant } from '../helpers/engine-page/participant.ts'

const AV = ['audio', 'video']
const engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'] })
let browser: Browser

t.before(async () => {
  await engine.open?.({ clock: systemClock, log: silentLogger })
  browser = await launchChromium()
})
t.teardown(async () => {
  await engine.close()
  await browser.close()
})

async function participants <K extends string> (t: Teardown, names: readonly K[], of = browser): Promise<Record<K, Participant>> {
  const all = await Promise.all(names.map(async (name) => [name, await Participant.open(of, engine, name)] as const))
  t.teardown(() => Promise.all(all.map(([, participant]) => participant.close())))
  return Object.fromEntries(all) as Record<K, Participant>
}

interface Teardown { teardown (task: () => Promise<unknown>): void }

t.test('three pages see and hear each other, also after leaving, coming back and joining at once', async (t) => {
  const { ann, bob, cy, dan } = await participants(t, ['ann', 'bob', 'cy', 'dan'])
  await ann.join('r')
  await bob.join('r')
  await Promise.all([ann.sees(1), bob.sees(1)])
  await cy.join('r')
  await Promise.all([ann, bob, cy].map((one) => one.sees(2)))
  await ann.shows({ bob: AV, cy: AV })

  await bob.leave()
  await Promise.all([ann.shows({ cy: AV }), cy.shows({ ann: AV })])
  await Promise.all([ann.sees(1), cy.sees(1)])

  const offersBefore = ann.descriptions.filter(({ type }) => type === 'offer').length
  await Promise.all([bob.join('r'), dan.join('r')])
  await Promise.all([ann, bob, cy, dan].map((one) => one.sees(3)))
  await ann.shows({ bob: AV, cy: AV, dan: AV })
  const last = ann.descriptions.findLast(({ type }) => type === 'offer')?.sdp ?? ''
  t.equal(last.match(/^m=/gm)?.length, 6, 'the m-lines of the one who left are used again')
  t.ok(ann.descriptions.filter(({ type }) => type === 'offer').length > offersBefore)
  t.strictSame([ann.ended, bob.ended, cy.ended, dan.ended], [null, null, null, null])
})

t.test('a page that publishes nothing is shown the others', async (t) => {
  const { ann, eve } = await participants(t, ['ann', 'eve'])
  await eve.join('viewers', 'client.join({ kinds: [] })')
  await ann.join('viewers')
  await eve.sees(1)
  t.strictSame(await ann.received(), [])
})

t.test('a client with one connection sees, is seen, and its slot goes to another when the first leaves', async (t) => {
  const { ann, bob, one } = await participants(t, ['ann', 'bob', 'one'])
  await one.join('slots', 'client.joinOne()')
  await ann.join('slots')
  await Promise.all([one.sees(1), ann.sees(1)])
  await bob.join('slots')
  await Promise.all([ann.sees(2), bob.sees(2), one.sees(1)])

  const [before] = await one.received()
  await ann.leave()
  await one.sees(1)
  const [after] = await one.received()
  t.equal(after?.ssrc, before?.ssrc, 'the slot is the same stream to the client')
  t.strictSame(one.descriptions.map(({ type }) => type), ['answer'], 'nothing was negotiated again')
})

t.test('two clients with one connection each have a call with one offer and answer', async (t) => {
  const { one, two } = await participants(t, ['one', 'two'])
  await Promise.all([one.join('call', 'client.joinOne()'), two.join('call', 'client.joinOne({ slots: 2 })')])
  await Promise.all([one.sees(1), two.sees(1)])
  t.strictSame([one, two].map(({ descriptions }) => descriptions.length), [1, 1])
})

t.test('media goes on through ICE restarts of either side', async (t) => {
  const { ann, bob } = await participants(t, ['ann', 'bob'])
  await Promise.all([ann.join('restarts'), bob.join('restarts')])
  await Promise.all([ann.sees(1), bob.sees(1)])

  const offersBefore = ann.descriptions.filter(({ type }) => type === 'offer')
  await ann.run('client.restartPublish()')
  await ann.until(`client.state.offers > ${offersBefore.length}`)
  await Promise.all([ann.sees(1), bob.sees(1)])
  const [old, fresh] = [offersBefore.at(-1), ann.descriptions.findLast(({ type }) => type === 'offer')].map((offer) => /a=ice-ufrag:(\S+)/.exec(offer?.sdp ?? '')?.[1])
  t.not(fresh, old, 'a restart of the publish connection restarts the subscribe connection, too')
})

t.test('media of a client with one connection goes on through its ICE restart', async (t) => {
  const { ann, one } = await participants(t, ['ann', 'one'])
  await Promise.all([ann.join('restart one'), one.join('restart one', 'client.joinOne()')])
  await Promise.all([ann.sees(1), one.sees(1)])
  await one.run('client.restartPublish()')
  await one.until('client.state.one.signalingState === "stable"')
  await Promise.all([ann.sees(1), one.sees(1)])
})

t.test('a shared screen is a second video track in the stream of its publisher', async (t) => {
  const { ann, bob } = await participants(t, ['ann', 'bob'])
  await Promise.all([ann.join('screens'), bob.join('screens')])
  await bob.sees(1)
  await ann.run('client.share()')
  await bob.shows({ ann: ['audio', 'video', 'video'] })
  await bob.sees(2, 1)
  await ann.run('client.unshare()')
  await bob.shows({ ann: AV })
  await bob.sees(1)
})

t.test('two rooms never see each other', async (t) => {
  const { ann, bob, cy } = await participants(t, ['ann', 'bob', 'cy'])
  await Promise.all([ann.join('red'), bob.join('red'), cy.join('blue')])
  await Promise.all([ann.sees(1), bob.sees(1)])
  t.strictSame(await cy.received(), [])
  t.strictSame(await ann.page.evaluate('client.streams()'), { bob: AV })
})

t.test('a page that is closed without a word leaves the others at once', async (t) => {
  const { ann, bob } = await participants(t, ['ann', 'bob'])
  await Promise.all([ann.join('crash'), bob.join('crash')])
  await ann.sees(1)
  await bob.run('client.leave()')
  await ann.shows({})
})

t.test('H.264 is forwarded where the publisher prefers it', async (t) => {
  const { ann, bob } = await participants(t, ['ann', 'bob'])
  await Promise.all([ann.join('h264', 'client.join({ codec: "video/H264" })'), bob.join('h264', 'client.join({ kinds: [] })')])
  await bob.sees(1)
})

t.test('pages that hide their addresses behind .local names see each other', async (t) => {
  const hidden = await launchChromium({ mdns: true })
  t.teardown(() => hidden.close())
  const { ann, bob } = await participants(t, ['ann', 'bob'], hidden)
  await Promise.all([ann.join('mdns', 'client.join()'), bob.join('mdns')])
  await Promise.all([ann.sees(1), bob.sees(1)])
})
