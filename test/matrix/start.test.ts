import type { MediaEngine } from '../../index.ts'
import { requirement } from './requirement.ts'

const LOST = { code: -7001, message: 'Service Unavailable', data: { retryAfterMs: 1_000 } }
const SUPERSEDED = { ...LOST, data: { retryAfterMs: 1_000, reason: 'superseded' } }
const NOT_STARTED = { code: -6001, message: 'Invalid Call Order', data: { required: 'start' } }
const OFFER = { offer: { type: 'offer', sdp: 'v=0' } }

/** An engine whose `join` waits, and that tells what became of its peers. */
function slowEngine (): { engine: MediaEngine, entered: Promise<AbortSignal>, admit: () => void, closed: Promise<string> } {
  let enter = (_signal: AbortSignal): void => {}
  let admit = (): void => {}
  let close = (_reason: string): void => {}
  const entered = new Promise<AbortSignal>((resolve) => { enter = resolve })
  const admitted = new Promise<void>((resolve) => { admit = resolve })
  const closed = new Promise<string>((resolve) => { close = resolve })
  const engine: MediaEngine = {
    name: 'slow',
    join: async ({ signal }) => {
      enter(signal)
      await admitted
      return { describe () {}, candidate () {}, close: async (reason) => close(reason) }
    },
    close: async () => {}
  }
  return { engine, entered, admit, closed }
}

requirement('MSE-START-1', 'answers start when the engine has taken the session, not before', async (t, open) => {
  const { engine, entered, admit } = slowEngine()
  const world = await open({ engine })
  const client = await world.join('ada')
  const other = await world.join('bob')
  const id = client.request('start')
  await entered
  await other.isSilent(t, 'others are served meanwhile')
  admit()
  t.strictSame(await client.next(), { id, jsonrpc: '2.0', result: 'started' })
})

requirement('MSE-START-2', 'answers a second start and does nothing', async (t, open) => {
  const world = await open()
  let started = 0
  world.mse.on('started', () => { started++ })
  const client = await world.join('ada', { start: true })
  t.equal(await client.succeed('start'), 'started')
  t.equal(await client.succeed('start', {}), 'started')
  t.equal(started, 1)
  t.equal(world.engine.peers.length, 1)
  t.match(world.engine.peers[0], { closed: null, context: { userId: 'ada', roomId: 'lobby' } })
})

requirement('MSE-START-3', 'answers -7001 while the engine is full, failing or not there', async (t, open) => {
  const world = await open()
  const client = await world.join('ada')
  world.engine.maxPeers = 0
  t.strictSame(await client.fail('start'), { ...LOST, data: { retryAfterMs: 2_000 } })
  world.engine.beforeJoin = () => { throw new Error('down') }
  t.strictSame(await client.fail('start'), { ...LOST, data: { retryAfterMs: 5_000 } })
  t.strictSame(await client.fail('sdpOffer', OFFER), NOT_STARTED)
  world.engine.beforeJoin = () => {}
  world.engine.maxPeers = 1
  t.equal(await client.succeed('start'), 'started', 'when it is up again')
  const without = await (await open({ engine: null })).join('ada')
  t.strictSame(await without.fail('start'), { ...LOST, data: { retryAfterMs: 60_000 } })
})

requirement('MSE-START-4', 'gives the media of a user in a room to the newest start', async (t, open) => {
  const world = await open()
  const older = await world.join('ada', { start: true })
  const elsewhere = await world.join('ada', { roomId: 'attic', start: true })
  const bob = await world.join('bob', { start: true })
  const newer = await world.join('ada', { start: true })
  t.strictSame(world.engine.peers.map(({ closed }) => closed), ['superseded', null, null, null])
  t.strictSame(await older.fail('sdpOffer', OFFER), NOT_STARTED)
  t.strictSame(await older.fail('start'), SUPERSEDED, 'it is told')
  for (const client of [newer, elsewhere, bob]) t.equal(await client.succeed('sdpOffer', OFFER), null)
  await older.succeed('start')
  t.strictSame(await newer.fail('start'), SUPERSEDED, 'the older one may take them back')
})

requirement('MSE-START-5', 'tells a session that has lost its media at its next start, and starts anew after that', async (t, open) => {
  const world = await open()
  const client = await world.join('ada', { start: true })
  world.engine.peers[0]?.context.closed('negotiation')
  t.strictSame(await client.fail('sdpOffer', OFFER), NOT_STARTED)
  t.strictSame(await client.fail('iceCandidate', { candidate: '' }), NOT_STARTED)
  t.strictSame(await client.fail('start'), LOST)
  t.equal(world.engine.peers.length, 1)
  t.equal(await client.succeed('start'), 'started')
  t.equal(await client.succeed('sdpOffer', OFFER), null)
  t.strictSame(world.engine.peers[1]?.descriptions, [OFFER.offer])
})

requirement('MSE-START-6', 'ends the media with the session, also while the engine is taking it', async (t, open) => {
  const world = await open()
  const client = await world.join('ada', { start: true })
  client.tell('disconnect')
  await client.isClosed(t, 1000)
  t.equal(world.engine.peers[0]?.closed, 'the session is over')
  t.equal(world.engine.peers[0]?.context.signal.aborted, true)

  const { engine, entered, admit, closed } = slowEngine()
  const slow = await open({ engine })
  const ended = new Promise((resolve) => slow.mse.on('ended', resolve))
  const early = await slow.join('ada')
  early.request('start')
  const signal = await entered
  for (const session of slow.mse.sessions.values()) session.end({ code: 1000, text: '' })
  await ended
  t.equal(signal.aborted, true, 'the engine is told at once')
  admit()
  t.equal(await closed, 'the session is over', 'and what it made is closed')
})
