import t from 'tap'
import { type EngineChange, EngineSupervisor, SUPERVISION } from '../../lib/media/engine-supervisor.ts'
import type { Candidate, Description, PeerContext } from '../../lib/media/engine.ts'
import { unavailable } from '../../lib/protocol/errors.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import type { Logger } from '../../lib/util/logger.ts'
import { FaultyEngine, never, rejects, throws } from './faulty-engine.ts'

const ANSWER_MS = 27_000
const SILENT = 'the engine did not answer a join within 27000 ms'

/** An engine under supervision, open, and what its host is told. */
async function supervised (engine = new FaultyEngine()) {
  const clock = new FakeClock()
  const changes: EngineChange[] = []
  const errors: string[] = []
  const line = (): void => {}
  const log: Logger = { debug: line, info: line, warn: line, error: (_details: object, message: string) => { errors.push(message) } }
  const supervisor = new EngineSupervisor(engine, { clock, log, answerTimeoutMs: ANSWER_MS, changed: (change) => { changes.push(change) } })
  await supervisor.open()
  const join = async (userId = 'ada', signal = new AbortController().signal) => {
    const said: unknown[] = []
    const host: PeerContext = {
      userId,
      roomId: 'r',
      sessionId: userId,
      signal,
      sendDescription: (description: Description) => { said.push(description) },
      sendCandidate: (candidate: Candidate) => { said.push(candidate) },
      closed: (reason) => { said.push(`closed: ${reason}`) }
    }
    return { peer: await supervisor.join(host), said }
  }
  return { engine, clock, changes, errors, supervisor, join }
}

const states = (changes: readonly EngineChange[]): Array<readonly [string, number]> => changes.map(({ state, retryAfterMs }) => [state, retryAfterMs])
const DOWN = (retryAfterMs: number) => ({ code: -7001, data: { retryAfterMs } })

t.test('ends everybody when the engine dies, refuses with the time that is left, and opens it again', async (t) => {
  const { engine, clock, changes, errors, supervisor, join } = await supervised()
  const [ada, bob] = [await join('ada'), await join('bob')]
  engine.die(new Error('the process has exited'))
  t.strictSame([ada.said, bob.said], [['closed: engine'], ['closed: engine']])
  t.equal(supervisor.downForMs, 500)
  clock.advance(200)
  await t.rejects(join(), DOWN(300))
  t.equal(engine.joins.length, 2, 'the engine is not asked')
  await clock.advanceAsync(300)
  t.strictSame(engine.life, ['open', 'close', 'open'])
  t.strictSame(changes, [
    { state: 'down', reason: 'the process has exited', retryAfterMs: 500 },
    { state: 'restarting', reason: 'it is being opened again', retryAfterMs: 1_000 },
    { state: 'up', reason: 'it is open again', retryAfterMs: 0 }
  ])
  t.strictSame(errors, ['the media engine is down'])
  t.equal(supervisor.downForMs, 0)
  const { peer, said } = await join()
  peer.describe({ type: 'offer', sdp: 'v=0' })
  t.strictSame(said, [{ type: 'answer', sdp: 'v=0' }])
})

for (const [how, open] of [['throws', throws()], ['rejects', rejects()]] as const) {
  t.test(`waits twice as long each time, up to half a minute, for an engine whose open ${how}`, async (t) => {
    const { engine, clock, changes, join } = await supervised()
    engine.onOpen = open
    engine.die()
    await clock.advanceAsync(62_000)
    const pauses = changes.filter(({ state }) => state === 'down').map(({ retryAfterMs }) => retryAfterMs)
    t.strictSame(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    await t.rejects(join(), DOWN(29_500))
    engine.onOpen = () => {}
    await clock.advanceAsync(30_000)
    t.match(changes.at(-1), { state: 'up' })
    t.equal(engine.life.filter((word) => word === 'close').length, 8, 'half an engine is closed before it is opened again')
  })
}

t.test('begins with the short pause again after a minute without a failure, not before', async (t) => {
  const { engine, clock, supervisor } = await supervised()
  const dieAfter = async (upMs: number): Promise<number> => {
    await clock.advanceAsync(upMs)
    engine.die()
    const pauseMs = supervisor.downForMs
    await clock.advanceAsync(pauseMs)
    return pauseMs
  }
  t.strictSame([await dieAfter(0), await dieAfter(59_999), await dieAfter(60_000), await dieAfter(0)], [500, 1_000, 500, 1_000])
})

t.test('gives up an opening that never ends, and tells who asks meanwhile to come back soon', async (t) => {
  const { engine, clock, changes, join } = await supervised()
  engine.onOpen = never
  engine.die()
  await clock.advanceAsync(500)
  t.match(changes.at(-1), { state: 'restarting' })
  await t.rejects(join(), DOWN(1_000))
  await clock.advanceAsync(ANSWER_MS)
  t.match(changes.at(-1), { state: 'down', reason: 'the engine did not open within 27000 ms', retryAfterMs: 1_000 })
  engine.onOpen = () => {}
  await clock.advanceAsync(1_000)
  t.match(changes.at(-1), { state: 'up' })
})

for (const [how, close] of [['throws', throws()], ['rejects', rejects()], ['never ends', never]] as const) {
  t.test(`opens an engine again whose close ${how}, and closes for good all the same`, async (t) => {
    const { engine, clock, changes, supervisor } = await supervised()
    engine.onClose = close
    engine.die()
    await clock.advanceAsync(SUPERVISION.closeTimeoutMs)
    t.strictSame(states(changes), [['down', 500], ['restarting', 1_000], ['up', 0]])
    const closed = supervisor.close()
    await clock.advanceAsync(SUPERVISION.closeTimeoutMs)
    await closed
    t.equal(clock.pending, 0)
  })
}

t.test('does not open an engine again that was closed for good', async (t) => {
  const { engine, clock, supervisor, join } = await supervised()
  engine.die()
  await Promise.all([supervisor.close(), supervisor.close()])
  t.equal(clock.pending, 0, 'no timer is left')
  await clock.advanceAsync(60_000)
  t.equal(engine.life.filter((word) => word === 'open').length, 1)
  await t.rejects(join(), { code: -7001 })
  t.equal(clock.pending, 0)
})

t.test('does not open an engine again that is closed for good while its end is waited for', async (t) => {
  const { engine, clock, changes, supervisor } = await supervised()
  engine.onClose = never
  engine.die()
  await clock.advanceAsync(SUPERVISION.minPauseMs)
  const closed = supervisor.close()
  await clock.advanceAsync(2 * SUPERVISION.closeTimeoutMs)
  await closed
  t.strictSame(engine.life, ['open', 'close', 'close'])
  t.strictSame(states(changes), [['down', 500]])
})

t.test('closes an engine that comes up when it was closed already', async (t) => {
  const { engine, clock, supervisor } = await supervised()
  let opened = (): void => {}
  engine.onOpen = () => new Promise<void>((resolve) => { opened = resolve })
  engine.die()
  await clock.advanceAsync(500)
  await supervisor.close()
  opened()
  await clock.advanceAsync(0)
  t.equal(engine.life.at(-1), 'close')
  t.equal(engine.life.filter((word) => word === 'close').length, 3)
  t.equal(clock.pending, 0)
})

t.test('does not listen to an engine that says it died before, once more, or after it was closed', async (t) => {
  const { engine, clock, changes, supervisor, join } = await supervised()
  engine.die()
  engine.die()
  await clock.advanceAsync(500)
  const { said } = await join()
  engine.die(new Error('the one before'), 0)
  t.strictSame(said, [])
  await supervisor.close()
  engine.die()
  t.strictSame(states(changes), [['down', 500], ['restarting', 1_000], ['up', 0]])
  t.strictSame(said, [], 'closing is no failure')
})

t.test('takes an engine for failed that dies while it opens', async (t) => {
  const { engine, clock, changes } = await supervised()
  engine.onOpen = () => { engine.die(new Error('early')) }
  engine.die()
  await clock.advanceAsync(500)
  t.match(changes.at(-1), { state: 'down', reason: 'early', retryAfterMs: 1_000 })
})

for (const [how, join, cause] of [['throws', throws(), 'boom'], ['rejects', rejects(), 'boom'], ['gives nothing', () => undefined, 'no peer'], ['gives half a peer', async () => ({ describe () {} }), 'no peer']] as const) {
  t.test(`opens an engine again whose join ${how} three times while it has nobody`, async (t) => {
    const { engine, changes, ...world } = await supervised()
    engine.onJoin = join
    for (let failure = 0; failure < 2; failure++) await t.rejects(world.join(), new RegExp(cause))
    t.strictSame(changes, [])
    await t.rejects(world.join(), DOWN(500))
    t.match(changes, [{ state: 'down', reason: 'it failed 3 times in a row' }])
  })
}

t.test('counts those as gone who have left, or whom the engine has ended', async (t) => {
  const { engine, changes, ...world } = await supervised()
  const { peer } = await world.join('ada')
  await world.join('bob')
  await peer.close('left')
  engine.joins[1]?.closed('ice')
  engine.onJoin = throws()
  for (let failure = 0; failure < 3; failure++) await t.rejects(world.join('mallory'))
  t.match(changes, [{ state: 'down' }])
})

t.test('keeps an engine that fails one user, however often, while it has others, and opens it again when it fails three', async (t) => {
  const { engine, changes, ...world } = await supervised()
  const { said } = await world.join('ada')
  engine.onJoin = throws()
  for (let failure = 0; failure < 10; failure++) await t.rejects(world.join('mallory'), /boom/)
  await t.rejects(world.join('bob'), /boom/)
  t.strictSame([changes, said], [[], []])
  await t.rejects(world.join('cy'), DOWN(500))
  t.strictSame(said, ['closed: engine'])
})

t.test('forgets the failures when the engine says something sensible, but not when it only takes somebody', async (t) => {
  const { engine, changes, ...world } = await supervised()
  const { peer } = await world.join('ada')
  const good = engine.onJoin
  const failing = async (userId: string): Promise<void> => {
    engine.onJoin = throws()
    await t.rejects(world.join(userId))
    engine.onJoin = good
  }
  await failing('bob')
  await failing('cy')
  peer.describe({ type: 'offer', sdp: 'v=0' })
  await failing('dan')
  await failing('eve')
  t.strictSame(changes, [])
  await world.join('fay')
  await failing('gus')
  t.match(changes, [{ state: 'down' }])
})

t.test('does not count a join that was refused with a reason, or that nobody wanted any more', async (t) => {
  const { engine, changes, ...world } = await supervised()
  engine.onJoin = () => { throw unavailable(42) }
  for (let refusal = 0; refusal < 5; refusal++) await t.rejects(world.join(), DOWN(42))
  engine.onJoin = rejects('aborted')
  for (let abort = 0; abort < 5; abort++) await t.rejects(world.join('ada', AbortSignal.abort()), /aborted/)
  t.strictSame(changes, [])
})

t.test('answers for a join that the engine never answers, and closes who is taken too late', async (t) => {
  const { engine, clock, join } = await supervised()
  const answers: Array<() => void> = []
  engine.onJoin = (context) => new Promise((resolve) => { answers.push(() => resolve(engine.peer(context))) })
  const joining = join()
  clock.advance(ANSWER_MS)
  await t.rejects(joining, { message: SILENT })
  answers[0]?.()
  await clock.advanceAsync(0)
  t.strictSame(engine.heard, ['close: nobody waits any more'])
  t.equal(clock.pending, 0)
})

t.test('answers at once who waits for an engine that dies', async (t) => {
  const { engine, clock, join } = await supervised()
  engine.onJoin = never
  const joining = join()
  engine.die()
  await t.rejects(joining, DOWN(500), 'no time has passed')
  await clock.advanceAsync(ANSWER_MS)
  t.equal(clock.pending, 0)
})

for (const word of ['describe', 'candidate'] as const) {
  for (const [how, fault] of [['throws', throws()], ['rejects, though it should give nothing', rejects()]] as const) {
    t.test(`ends a participant whose ${word} ${how}, and nobody else`, async (t) => {
      const { engine, clock, errors, join } = await supervised()
      const [ada, bob] = [await join('ada'), await join('bob')]
      engine[word === 'describe' ? 'onDescribe' : 'onCandidate'] = fault
      const tell = (): void => { word === 'describe' ? ada.peer.describe({ type: 'offer', sdp: 'v=0' }) : ada.peer.candidate({ candidate: '' }) }
      if (how === 'throws') t.throws(tell, DOWN(1_000))
      else tell()
      await clock.advanceAsync(0)
      t.strictSame([ada.said, bob.said], [['closed: engine'], []])
      t.strictSame(engine.heard, [word, 'close: it has failed'])
      t.strictSame(errors, ['the media engine failed a session'])
      tell()
      t.equal(engine.heard.length, 2, 'it hears no more')
    })
  }
}

t.test('opens an engine again that takes everybody and then throws at three', async (t) => {
  const { engine, changes, join } = await supervised()
  engine.onDescribe = throws()
  for (const user of ['ada', 'bob', 'cy']) {
    const { peer } = await join(user)
    t.throws(() => peer.describe({ type: 'offer', sdp: 'v=0' }), { code: -7001 })
  }
  t.match(changes, [{ state: 'down' }])
})

for (const garbage of [null, undefined, 'v=0', {}, { type: 'pranswer', sdp: 'v=0' }, { type: 'answer' }, { type: 'answer', sdp: 7 }]) {
  t.test(`ends a participant to whom the engine says ${JSON.stringify(garbage)}`, async (t) => {
    const { engine, join } = await supervised()
    const { said } = await join()
    engine.joins[0]?.sendDescription(garbage as unknown as Description)
    t.strictSame(said, ['closed: engine'])
    t.strictSame(engine.heard, ['close: it has failed'])
  })
}

t.test('passes on what a description and a candidate have, and no more; drops a candidate that is none', async (t) => {
  const { engine, join } = await supervised()
  const { said } = await join()
  const loop: Record<string, unknown> = { type: 'answer', sdp: 'v=0', candidate: 'x', sdpMid: '0', sdpMLineIndex: null, usernameFragment: 3 }
  loop['loop'] = loop
  engine.joins[0]?.sendDescription(loop as unknown as Description)
  engine.joins[0]?.sendCandidate(loop as unknown as Candidate)
  for (const garbage of [null, undefined, 'x', {}, { candidate: 1 }]) engine.joins[0]?.sendCandidate(garbage as unknown as Candidate)
  t.strictSame(said, [{ type: 'answer', sdp: 'v=0' }, { candidate: 'x', sdpMid: '0', sdpMLineIndex: null }])
})

t.test('does not listen to a peer that calls back after its end', async (t) => {
  const { engine, join } = await supervised()
  const speak = (context: PeerContext | undefined): void => {
    context?.sendDescription({ type: 'offer', sdp: 'v=0' })
    context?.sendDescription(null as unknown as Description)
    context?.sendCandidate({ candidate: '' })
    context?.closed('ice')
  }
  const [closed, ended] = [await join('ada'), await join('bob')]
  await closed.peer.close('over')
  engine.joins[1]?.closed('ice')
  for (const context of engine.joins) speak(context)
  t.strictSame([closed.said, ended.said], [[], ['closed: ice']])
  const dead = await join('cy')
  engine.die()
  speak(engine.joins[2])
  t.strictSame(dead.said, ['closed: engine'])
})

t.test('closes a peer that failed before the engine had handed it over', async (t) => {
  const { engine, join } = await supervised()
  engine.onJoin = (context) => {
    context.sendDescription(null as unknown as Description)
    return engine.peer(context)
  }
  const { peer, said } = await join()
  t.strictSame(said, ['closed: engine'])
  await peer.close('the session is over')
  t.strictSame(engine.heard, ['close: the session is over'])
})

for (const [how, close] of [['throws', throws()], ['rejects', rejects()], ['never ends', never]] as const) {
  t.test(`is done with a peer in time whose close ${how}`, async (t) => {
    const { engine, clock, errors, join } = await supervised()
    const { peer } = await join()
    engine.onPeerClose = close
    const closed = Promise.all([peer.close('over'), peer.close('again')])
    await clock.advanceAsync(SUPERVISION.closeTimeoutMs)
    await t.resolves(closed)
    t.strictSame(engine.heard, ['close: over'])
    t.strictSame(errors, ['the media engine failed to close a session\'s media'])
  })
}
