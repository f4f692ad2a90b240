/** An engine that may do anything, behind the real plugin and real sockets: sessions live on, clients and the operator are told. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { MseEvents } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { FaultyEngine, never, rejects, throws } from '../media/faulty-engine.ts'
import { type Client, join, startApp } from '../helpers/websocket-client.ts'

const OFFER = { offer: { type: 'offer', sdp: 'v=0' } }
const REFUSED = (retryAfterMs: number) => ({ error: { code: -7001, message: 'Service Unavailable', data: { retryAfterMs } } })
const NOT_STARTED = { error: { code: -6001, data: { required: 'start' } } }

interface World {
  readonly app: FastifyInstance
  readonly engine: FaultyEngine
  readonly clock: FakeClock
  readonly events: Array<MseEvents['engine']>
  readonly lines: Array<{ readonly level: number, readonly msg: string, readonly engine?: string }>
  started (userId?: string): Promise<Client>
}

async function startWorld (t: Test): Promise<World> {
  const engine = new FaultyEngine()
  const clock = new FakeClock(Date.now() + 60_000)
  const lines: World['lines'] = []
  const stream = { write: (line: string) => { lines.push(JSON.parse(line) as World['lines'][number]) } }
  const app = await startApp(t, { clock, engine, pingIntervalMs: 1e12, drainTimeoutMs: 0 }, { fastify: { logger: { level: 'warn', stream } } })
  const events: World['events'] = []
  app.mse.on('engine', (event) => { events.push(event) })
  const started = async (userId = 'ada'): Promise<Client> => {
    const client = await join(app, { userId })
    const answer = await client.call('start')
    if (answer.result !== 'started') throw new Error(JSON.stringify(answer))
    return client
  }
  return { app, engine, clock, events, lines, started }
}

/** The session is what it was, and starts anew when the engine is well. */
async function livesOn (t: Test, client: Client): Promise<void> {
  t.match(await client.call('ping'), { result: 'pong' })
  t.match(await client.call('start'), { result: 'started' }, 'the session lives')
}

t.test('an engine that dies is told to the clients at their next call and to the operator, and is opened again', async (t) => {
  const { app, engine, clock, events, lines, started } = await startWorld(t)
  const [ada, bob] = [await started('ada'), await started('bob')]
  engine.die(new Error('the media server exited with 1'))
  t.match(await ada.call('sdpOffer', OFFER), NOT_STARTED)
  t.match(await ada.call('start'), REFUSED(1_000), 'it has lost its media')
  t.match(await ada.call('start'), REFUSED(500), 'the time that is left')
  clock.advance(100)
  t.match(await ada.call('start'), REFUSED(400))
  t.equal(app.mse.sessions.size, 2)
  await clock.advanceAsync(400)
  await livesOn(t, ada)
  t.match(await bob.call('start'), REFUSED(1_000), 'it learns of the loss now')
  await livesOn(t, bob)
  t.strictSame(events, [
    { state: 'down', reason: 'the media server exited with 1', retryAfterMs: 500 },
    { state: 'restarting', reason: 'it is being opened again', retryAfterMs: 1_000 },
    { state: 'up', reason: 'it is open again', retryAfterMs: 0 }
  ])
  t.strictSame(lines.map(({ level, msg, engine }) => [level, msg, engine]), [[50, 'the media engine is down', 'faulty'], [40, 'the media engine is up again', 'faulty']])
})

t.test('a client that lost its media to an engine that stays down is told how long that will be', async (t) => {
  const { engine, clock, started } = await startWorld(t)
  const ada = await started()
  engine.onOpen = rejects()
  engine.die()
  await clock.advanceAsync(500 + 1_000 + 2_000)
  t.match(await ada.call('start'), REFUSED(4_000))
  t.match(await ada.call('start'), REFUSED(4_000))
})

for (const [how, fault] of [['throws', throws()], ['rejects', rejects()], ['gives nothing', () => undefined]] as const) {
  t.test(`a join that ${how} is -7001, and the next may succeed`, async (t) => {
    const { app, engine } = await startWorld(t)
    const ada = await join(app)
    const good = engine.onJoin
    engine.onJoin = fault
    t.match(await ada.call('start'), REFUSED(5_000))
    engine.onJoin = good
    await livesOn(t, ada)
  })
}

t.test('a join that is never answered is -7001 before the call is too old', async (t) => {
  const { app, engine, clock } = await startWorld(t)
  const ada = await join(app)
  const good = engine.onJoin
  let asked = (): void => {}
  const joining = new Promise<void>((resolve) => { asked = resolve })
  engine.onJoin = () => {
    asked()
    return never()
  }
  const answer = ada.call('start')
  await joining
  await clock.advanceAsync(30_000)
  t.match(await answer, REFUSED(5_000))
  engine.onJoin = good
  await livesOn(t, ada)
})

t.test('who waits for an engine that dies is answered at once', async (t) => {
  const { app, engine } = await startWorld(t)
  const ada = await join(app)
  engine.onJoin = () => {
    setImmediate(() => engine.die())
    return never()
  }
  t.match(await ada.call('start'), REFUSED(500))
})

for (const [method, params, hook] of [['sdpOffer', OFFER, 'onDescribe'], ['iceCandidate', { candidate: '' }, 'onCandidate']] as const) {
  t.test(`an engine that throws at ${method} is -7001 to the call and the end of these media, and rejects without harm`, async (t) => {
    const { engine, started } = await startWorld(t)
    const [ada, bob] = [await started('ada'), await started('bob')]
    const good = engine[hook]
    engine[hook] = throws()
    t.match(await ada.call(method, params), REFUSED(1_000))
    engine[hook] = rejects()
    t.match(await bob.call(method, params), { result: null })
    engine[hook] = good
    for (const client of [ada, bob]) {
      t.match(await client.call(method, params), NOT_STARTED)
      t.match(await client.call('start'), REFUSED(1_000))
      await livesOn(t, client)
    }
    t.strictSame(engine.heard.filter((word) => word.startsWith('close')), ['close: it has failed', 'close: it has failed'])
  })
}

t.test('an engine that sends nonsense, or speaks when it should not, reaches nobody', async (t) => {
  const { engine, started } = await startWorld(t)
  const ada = await started()
  const nonsense = null as never
  engine.joins[0]?.sendCandidate(nonsense)
  engine.joins[0]?.sendDescription(nonsense)
  engine.joins[0]?.sendDescription({ type: 'offer', sdp: 'too late' })
  t.match(await ada.call('start'), REFUSED(1_000))
  await livesOn(t, ada)
  engine.joins[0]?.sendDescription({ type: 'offer', sdp: 'of an earlier life' })
  engine.joins[0]?.closed('ice')
  t.match(await ada.call('ping'), { result: 'pong' }, 'nothing came before it')
})

for (const [how, fault] of [['throws', throws()], ['rejects', rejects()], ['never ends', never]] as const) {
  t.test(`an engine whose closing ${how}, of a peer and of itself, holds nobody up`, async (t) => {
    const { app, engine, clock, started } = await startWorld(t)
    const [ada, bob] = [await started('ada'), await started('bob')]
    engine.onPeerClose = fault
    engine.onClose = fault
    ada.socket.close()
    await ada.closed
    t.match(await bob.call('ping'), { result: 'pong' })
    const closing = app.mse.close()
    await clock.advanceAsync(1_000)
    t.match(await bob.closed, { code: 1012 })
    // The engine is closed when the sockets are gone.
    while (!engine.life.includes('close')) await clock.advanceAsync(0)
    await clock.advanceAsync(5_000)
    await t.resolves(closing)
  })
}

t.test('an engine that cannot be opened keeps the app from booting, whether it throws or rejects', async (t) => {
  for (const fault of [throws('no port is free'), rejects('no port is free')]) {
    const engine = new FaultyEngine()
    engine.onOpen = fault
    await t.rejects(startApp(t, { engine }), /no port is free/)
  }
})

t.test('the engine for tests can die, too', async (t) => {
  const engine = new RecordingEngine()
  const app = await startApp(t, { engine })
  const ada = await join(app)
  await ada.call('start')
  const up = new Promise<void>((resolve) => { app.mse.on('engine', ({ state }) => { if (state === 'up') resolve() }) })
  engine.fail()
  t.notOk(engine.isOpen)
  t.match(await ada.call('start'), REFUSED(1_000))
  await up
  t.ok(engine.isOpen)
  await livesOn(t, ada)
})
