import t from 'tap'
import { ClientError, refusedBy } from '../../../lib/client/client-error.ts'
import { createMedia } from '../../../lib/client/media/index.ts'
import { FakeClient } from './fake-client.ts'
import { FakeConnection, FakeStream, FakeTrack, offerOf } from './fake-connection.ts'
import { linesOf, Stage } from './stage.ts'

t.test('waits while the server has no room, and tells', async (t) => {
  const stage = new Stage()
  stage.server.refuse('start', -7001, -8001)
  const started = stage.media.start()
  await stage.settle()
  t.strictSame(stage.told, ['state starting', 'waiting 1000'])
  await stage.pass(1_000)
  await stage.pass(1_000)
  await started
  t.strictSame(stage.told, ['state starting', 'waiting 1000', 'waiting 1000', 'state started'])
})

t.test('does not come back with all the others at the very moment', async (t) => {
  const stage = new Stage({ random: () => 0.8 })
  stage.server.refuse('start', -7001)
  const started = stage.media.start()
  await stage.settle()
  t.strictSame(stage.told, ['state starting', 'waiting 1200'])
  await stage.pass(1_200)
  await started
})

t.test('a refusal rejects what was asked for, and it may be asked for again', async (t) => {
  const stage = new Stage()
  stage.server.refuse('start', -5001)
  await t.rejects(stage.media.start(), { reason: 'refused', code: -5001 })
  t.equal(stage.media.state, 'idle')
  t.equal(stage.media.connections.publish, null)
  t.ok(stage.connections.every(({ connectionState }) => connectionState === 'closed'))
  await stage.media.start()
  t.equal(stage.media.state, 'started')
})

t.test('what the user\'s other session has taken over stays there until somebody asks for it here', async (t) => {
  const stage = await Stage.published()
  stage.server.describe(offerOf([{ kind: 'video', msid: 'bob x' }]))
  await stage.settle()
  stage.told.length = 0
  const told = new Promise((resolve) => stage.media.on('state', ({ state, error }) => { if (state === 'idle') resolve(error) }))
  const superseded = refusedBy({ code: -7001, message: 'unavailable', data: { retryAfterMs: 1_000, reason: 'superseded' } })
  stage.server.refuse('sdpOffer', -6001)
  stage.server.refusals.set('start', [superseded])
  await t.rejects(stage.media.publish(new FakeStream([new FakeTrack('audio')])), superseded)
  t.equal(await told, superseded)
  t.strictSame(stage.told, ['state starting', 'gone bob', 'state idle'])
  t.ok(stage.connections.every(({ connectionState }) => connectionState === 'closed'))
  await stage.pass(120_000)
  t.equal(stage.server.count('start'), 2, 'it does not take them back by itself')
  await stage.media.start()
  t.equal(stage.media.state, 'started')
  t.strictSame(linesOf(stage.server.descriptions('offer').at(-1)!), ['audio sendonly', 'video sendonly', 'audio sendonly'], 'with all that was published')
})

t.test('a call that got lost or took too long is made again', async (t) => {
  const stage = new Stage()
  stage.server.refusals.set('start', [new ClientError('timeout', 'not answered'), new ClientError('lost', 'reset')])
  const started = stage.media.start()
  await stage.pass(6_000)
  await started
  t.equal(stage.server.count('start'), 3)
})

t.test('STUN and TURN servers are asked for each time that connections are made', async (t) => {
  let asked = 0
  const stage = await Stage.published({ iceServers: async () => [{ urls: `stun:${++asked}` }] })
  t.strictSame(stage.publish.configuration, { iceServers: [{ urls: 'stun:1' }], bundlePolicy: 'max-bundle' })
  stage.server.emit('session', { fresh: true })
  await stage.settle()
  t.strictSame(stage.subscribe.configuration, { iceServers: [{ urls: 'stun:2' }], bundlePolicy: 'max-bundle' })
  await t.rejects(new Stage({ iceServers: () => { throw new Error('no servers') } }).media.start(), { message: 'no servers' })
})

t.test('a fresh session has everything anew, the screen and what was published while it was being made', async (t) => {
  const stage = await Stage.published()
  await stage.media.share(new FakeTrack('video'))
  const [publish, subscribe] = [stage.publish, stage.subscribe]
  stage.server.emit('session', { fresh: true })
  const added = stage.media.publish(new FakeStream([new FakeTrack('audio')]))
  await added
  t.equal(publish.connectionState, 'closed')
  t.equal(subscribe.connectionState, 'closed')
  t.strictSame(linesOf(stage.server.descriptions('offer').at(-1)!), ['audio sendonly', 'video sendonly', 'video sendonly *', 'audio sendonly'])
  t.equal(stage.server.count('start'), 2)
})

t.test('the first session, and one that survives a broken link, leave the media as they are', async (t) => {
  const stage = await Stage.published()
  const before = stage.connections.length
  stage.server.emit('session', { fresh: false })
  stage.server.become('reconnecting')
  stage.server.become('open')
  await stage.settle()
  t.equal(stage.connections.length, before)
  t.equal(stage.server.count('start'), 1)
  t.strictSame(stage.told, [])
})

t.test('a fresh session before anything was asked for starts nothing', async (t) => {
  const stage = new Stage()
  stage.server.emit('session', { fresh: true })
  await stage.settle()
  t.strictSame(stage.server.sent, [])
})

t.test('a fresh session ends the wait for an answer of the one before', async (t) => {
  const stage = await Stage.published()
  stage.server.holding.add('sdpOffer')
  const added = stage.media.publish(new FakeStream([new FakeTrack('audio')]))
  await stage.settle()
  stage.server.holding.clear()
  stage.server.held[0]?.reject(new ClientError('lost', 'reset'))
  stage.server.emit('session', { fresh: true })
  await added
  t.equal(stage.server.count('start'), 2)
})

t.test('media that the server has ended are noticed at the next offer, and begin anew', async (t) => {
  const stage = await Stage.published()
  stage.server.refuse('sdpOffer', -6001)
  stage.server.refuse('start', -7001)
  const added = stage.media.publish(new FakeStream([new FakeTrack('audio')]))
  await stage.settle()
  t.strictSame(stage.told, ['state starting', 'waiting 1000'])
  await stage.pass(1_000)
  await added
  t.equal(stage.media.state, 'started')
  t.equal(stage.connections.length, 4)
  t.strictSame(linesOf(stage.server.descriptions('offer').at(-1)!), ['audio sendonly', 'video sendonly', 'audio sendonly'])
})

t.test('an offer that the server has and does not answer is given up after 15 s', async (t) => {
  const stage = await Stage.published()
  stage.server.isAnswering = false
  stage.media.restartIce()
  await stage.pass(14_999)
  t.strictSame(stage.told, [])
  stage.server.isAnswering = true
  await stage.pass(1)
  t.equal(stage.media.state, 'started')
  t.equal(stage.connections.length, 4)
})

t.test('an offer that has not reached the server is waited for', async (t) => {
  const stage = await Stage.published()
  stage.server.holding.add('sdpOffer')
  stage.media.restartIce()
  await stage.pass(60_000)
  t.strictSame(stage.told, [])
  stage.server.held[0]?.resolve(null)
  stage.server.answer()
  await stage.pass(60_000)
  t.strictSame(stage.told, [], 'and is over when it is answered')
})

t.test('an answer that comes before the word that the offer is there counts', async (t) => {
  const stage = await Stage.published()
  stage.server.holding.add('sdpOffer')
  stage.media.restartIce()
  await stage.settle()
  stage.server.answer()
  await stage.settle()
  stage.server.held[0]?.resolve(null)
  await stage.pass(60_000)
  t.strictSame(stage.told, [])
})

t.test('a description that fails makes everything anew, but not over and over', async (t) => {
  const stage = await Stage.published()
  for (let round = 0; round < 3; round++) {
    stage.subscribe.fault = new Error('no such codec')
    stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
    await stage.settle()
    await stage.pass(round === 0 ? 0 : 1_000)
  }
  t.strictSame(stage.told, ['state starting', 'state started', 'state starting', 'waiting 1000', 'state started', 'state starting', 'waiting 1000', 'state started'])
  await stage.pass(60_001)
  stage.subscribe.fault = new Error('no such codec')
  stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
  await stage.settle()
  t.strictSame(stage.told.slice(8), ['state starting', 'state started'], 'at once again after a steady minute')
})

t.test('the pauses between new beginnings grow and are spread', async (t) => {
  const stage = await Stage.published({ random: () => 1 })
  const waits: number[] = []
  stage.media.on('waiting', ({ retryInMs }) => waits.push(retryInMs))
  for (let round = 0; round < 8; round++) {
    stage.publish.fault = new Error('no')
    stage.media.restartIce()
    await stage.settle()
    await stage.pass(waits.at(-1) ?? 0)
  }
  t.strictSame(waits, [4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000])
})

t.test('a description that fails while an answer is due makes nothing anew, until the server sends it again', async (t) => {
  const stage = await Stage.published()
  stage.server.isAnswering = false
  stage.media.restartIce()
  await stage.settle()
  stage.subscribe.fault = new Error('no such codec')
  stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
  await stage.settle()
  t.equal(stage.connections.length, 2)
  stage.server.isAnswering = true
  stage.server.answer()
  await stage.settle()
  t.equal(stage.connections.length, 2, 'the answer is for these connections')
  stage.subscribe.fault = new Error('no such codec')
  stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
  await stage.settle()
  t.equal(stage.connections.length, 4)
})

t.test('once started, a service that is refused is asked for again later', async (t) => {
  const stage = await Stage.published()
  stage.server.refuse('start', -32603)
  stage.server.emit('session', { fresh: true })
  await stage.settle()
  t.strictSame(stage.told, ['state starting', 'state starting', 'state started'])
})

t.test('close ends both connections, what waits, timers and listeners, as often as one likes', async (t) => {
  const stage = await Stage.published()
  stage.server.isAnswering = false
  const added = stage.media.publish(new FakeStream([new FakeTrack('audio')]))
  stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
  await stage.settle()
  stage.publish.become('disconnected')
  const { publish, subscribe } = stage
  stage.media.close()
  stage.media.close()
  await t.rejects(added, { name: 'ClientError', reason: 'closed' })
  await t.rejects(stage.media.start(), { name: 'ClientError', reason: 'closed' })
  t.strictSame([publish.connectionState, subscribe.connectionState], ['closed', 'closed'])
  t.equal(stage.clock.pending, 0)
  t.equal(stage.server.listeners, 0)
  t.notOk(stage.isWatchingNetwork)
  t.strictSame(stage.media.connections, { publish: null, subscribe: null })
  t.equal(stage.media.people.size, 0)
  t.equal(stage.told.filter((word) => word === 'state closed').length, 1)
})

t.test('close in the middle of a start leaves nothing behind', async (t) => {
  for (const prepare of [(stage: Stage) => stage.server.holding.add('start'), (stage: Stage) => stage.server.refuse('start', -7001), () => {}]) {
    const stage = new Stage()
    prepare(stage)
    const published = stage.media.publish(new FakeStream([new FakeTrack('audio')]))
    for (let turn = 0; turn < 3; turn++) await Promise.resolve()
    stage.media.close()
    await t.rejects(published, { name: 'ClientError', reason: 'closed' })
    await stage.pass(60_000)
    t.equal(stage.clock.pending, 0)
    t.ok(stage.connections.every(({ connectionState }) => connectionState === 'closed'))
    t.strictSame(stage.told.at(-1), 'state closed')
  }
})

t.test('close while STUN and TURN servers are asked for makes no connections', async (t) => {
  let give: (servers: []) => void = () => {}
  const stage = new Stage({ iceServers: () => new Promise<[]>((resolve) => { give = resolve }) })
  const started = stage.media.start()
  stage.media.close()
  give([])
  await t.rejects(started, { name: 'ClientError', reason: 'closed' })
  await stage.settle()
  t.strictSame(stage.connections, [])
})

t.test('a listener may close it all, and nothing more is told', async (t) => {
  const stage = await Stage.published()
  stage.media.on('stream', () => stage.media.close())
  stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }, { kind: 'audio', msid: 'bob y' }]))
  await stage.settle()
  t.strictSame(stage.told, ['stream ana', 'state closed'])
})

t.test('close in the middle of an answer sends none', async (t) => {
  const stage = await Stage.published()
  stage.subscribe.setLocalDescription = async () => stage.media.close()
  stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
  await stage.settle()
  t.strictSame(stage.server.descriptions('answer'), [])
  t.strictSame(stage.told, ['state closed'])
})

t.test('the end of the client is the end of its media', async (t) => {
  const stage = await Stage.published()
  stage.server.become('closed')
  t.equal(stage.media.state, 'closed')
})

t.test('rejections that nobody catches disturb nobody', async (t) => {
  const unhandled: unknown[] = []
  const listener = (error: unknown): void => { unhandled.push(error) }
  process.on('unhandledRejection', listener)
  t.teardown(() => process.off('unhandledRejection', listener))
  const stage = new Stage()
  stage.server.refuse('start', -5001)
  for (const act of [() => stage.media.start(), () => stage.media.replaceTrack(new FakeTrack('audio'), null), () => stage.media.close(), () => stage.media.unshare()]) {
    act()
    await stage.settle()
  }
  t.strictSame(unhandled, [])
})

t.test('without WebRTC it can be made and closed, and says what is missing when it is asked for', async (t) => {
  const { client, listeners } = new FakeClient()
  const media = createMedia(client)
  t.equal(listeners, 0)
  await t.rejects(media.publish(new FakeStream([])), { name: 'TypeError', message: /RTCPeerConnection/ })
  await t.rejects(media.start(), { name: 'TypeError', message: /RTCPeerConnection/ })
  const { publish, subscribe, tracks, reports } = await media.stats()
  t.strictSame({ publish, subscribe, tracks, reports }, { publish: null, subscribe: null, tracks: new Map(), reports: { publish: null, subscribe: null } })
  t.equal(media.state, 'idle')
  media.close()
  const half = createMedia(new FakeClient().client, { RTCPeerConnection: FakeConnection })
  await t.rejects(half.start(), { name: 'TypeError', message: /MediaStream/ })
  half.close()
})
