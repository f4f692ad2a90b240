import t from 'tap'
import { GenericNack, PictureLossIndication, RtcpPayloadSpecificFeedback, RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket, RtcpTransportLayerFeedback } from 'werift'
import { weriftEngine } from '../../../lib/media/werift/index.ts'
import type { WeriftEngineOptions } from '../../../lib/media/werift/index.ts'
import type { MediaEngine } from '../../../lib/media/engine.ts'
import { FakeClock } from '../../../lib/testing/fake-clock.ts'
import { systemClock } from '../../../lib/util/clock.ts'
import type { Clock } from '../../../lib/util/clock.ts'
import { silentLogger } from '../../../lib/util/logger.ts'
import { NodeClient, until } from './node-client.ts'

interface Teardown { teardown (task: () => Promise<unknown>): void }

async function open (t: Teardown, options: WeriftEngineOptions = {}, clock: Clock = systemClock): Promise<MediaEngine> {
  const engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'], viewerAfterMs: 0, ...options })
  await engine.open?.({ clock, log: silentLogger })
  t.teardown(() => engine.close())
  return engine
}

async function client (t: Teardown, engine: MediaEngine, userId: string, roomId = 'r'): Promise<NodeClient> {
  const one = await new NodeClient(userId).join(engine, roomId)
  t.teardown(() => one.close())
  return one
}

/** A publisher and a receiver that are connected, with media flowing. */
async function pair (t: Teardown, engine: MediaEngine): Promise<{ ann: NodeClient, bob: NodeClient }> {
  const [ann, bob] = [await client(t, engine, 'ann'), await client(t, engine, 'bob')]
  await ann.publish()
  await until('both are connected', () => ann.publishing && bob.subscribing)
  await until('media flows', () => {
    ann.send('audio')
    ann.send('video')
    return bob.received.some(({ payloadType }) => payloadType === 96) && bob.received.some(({ payloadType }) => payloadType === 111)
  })
  return { ann, bob }
}

const videoOf = (one: NodeClient): number => one.received.find(({ payloadType }) => payloadType === 96)?.ssrc ?? 0
const pliCount = (one: NodeClient): number => one.rtcp.filter((packet) => packet instanceof RtcpPayloadSpecificFeedback && packet.feedback instanceof PictureLossIndication).length

t.test('a fifth participant of four is answered -7001 and the four go on, also when all come at once', async (t) => {
  const engine = await open(t, { maxStreams: 4, retryAfterMs: 1_234 })
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => client(t, engine, `user-${n}`, `room-${n % 2}`)))
  t.strictSame(outcomes.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
  t.match(outcomes[4], { reason: { code: -7001, data: { retryAfterMs: 1_234 } } })
  t.match(await engine.stats?.(), { peers: 4, streams: 4, maxStreams: 4 })
  const [first] = outcomes
  if (first?.status === 'fulfilled') await first.value.peer?.close('left')
  await t.resolves(client(t, engine, 'user-6'))
})

t.test('joins end where the forwarded streams would pass their limit; who publishes nothing becomes a viewer', async (t) => {
  const clock = new FakeClock()
  const engine = await open(t, { maxForwards: 6, viewerAfterMs: 60_000 }, clock)
  for (const name of ['ann', 'bob', 'cy']) await client(t, engine, name)
  t.match(await engine.stats?.(), { forwards: 6, maxForwards: 6 })
  await t.rejects(client(t, engine, 'dan'), { code: -7001 })
  await t.rejects(client(t, engine, 'eve', 'elsewhere').then(() => client(t, engine, 'fay', 'elsewhere')), { code: -7001 })
  clock.advance(10_000)
  t.match(await engine.stats?.(), { forwards: 0 })
  await t.resolves(client(t, engine, 'dan'))
})

t.test('a join before open, after close or with an aborted signal is rejected', async (t) => {
  await t.rejects(new NodeClient('ann').join(weriftEngine({ interfaceAddresses: ['127.0.0.1'] }), 'r'), { code: -7001 })
  const engine = await open(t)
  const late = new NodeClient('late')
  late.abort.abort()
  await t.rejects(late.join(engine, 'r'), { name: 'AbortError' })
  await Promise.all([engine.close(), engine.close()])
  await t.rejects(new NodeClient('ann').join(engine, 'r'), { code: -7001 })
})

t.test('an aborted signal ends a participant, without a word to it', async (t) => {
  const engine = await open(t)
  const ann = await client(t, engine, 'ann')
  ann.abort.abort()
  await until('it is gone', async () => (await engine.stats?.())?.peers === 0)
  t.equal(ann.ended, null)
})

t.test('forwards audio and video with the payload types and streams of the receiver', async (t) => {
  const { ann, bob } = await pair(t, await open(t))
  t.strictSame(bob.shown, ['ann'])
  t.not(videoOf(bob), ann.ssrcs.video)
  t.match(await ann.peer?.stats?.(), { tracks: [{ kind: 'audio', id: 'audio' }, { kind: 'video', id: 'video' }] })
  const stats = await bob.peer?.stats?.()
  t.ok((stats?.packetsSent ?? 0) >= 2)
})

t.test('a receiver that asks for a key frame reaches the publisher, by media SSRC, at most once in 300 ms', async (t) => {
  const { ann, bob } = await pair(t, await open(t))
  const before = pliCount(ann)
  t.ok(before >= 1, 'attaching has asked already')
  const mediaSsrc = videoOf(bob)
  // The sender SSRC is the one of another stream on purpose: werift's router would look at it first.
  const ask = new RtcpPayloadSpecificFeedback({ feedback: new PictureLossIndication({ senderSsrc: bob.received.find(({ payloadType }) => payloadType === 111)?.ssrc ?? 0, mediaSsrc }) })
  for (let i = 0; i < 10; i++) bob.report([ask])
  await until('a request arrives', () => pliCount(ann) > before)
  const requests = (await ann.peer?.stats?.())?.keyframeRequests ?? 0
  t.ok(requests <= before + 3, `${requests} requests`)
})

t.test('a lost packet is sent again from the history, as RTX', async (t) => {
  const { ann, bob } = await pair(t, await open(t))
  const ssrc = videoOf(bob)
  const last = bob.received.findLast((packet) => packet.ssrc === ssrc)
  bob.report([new RtcpTransportLayerFeedback({ feedback: new GenericNack({ senderSsrc: 1, mediaSourceSsrc: ssrc, lost: [last?.sequence ?? 0] }) })])
  await until('it comes again', () => bob.received.some(({ payloadType }) => payloadType === 97))
  const again = bob.received.find(({ payloadType }) => payloadType === 97)
  t.equal(again?.payload.readUInt16BE(0), last?.sequence)
  t.strictSame(again?.payload.subarray(2), last?.payload)
  t.ok(ann.publishing)
})

t.test('the engine asks a publisher for packets that it misses', async (t) => {
  const { ann } = await pair(t, await open(t))
  const sequence = ann.send('video')
  ann.send('video', { sequence: sequence + 3 })
  await until('they are asked for', () => ann.rtcp.some((packet) => packet instanceof RtcpTransportLayerFeedback))
  const asked = ann.rtcp.find((packet) => packet instanceof RtcpTransportLayerFeedback)
  t.match(asked?.feedback, { mediaSourceSsrc: ann.ssrcs.video, lost: [sequence + 1, sequence + 2] })
})

t.test('receivers get sender reports in their own stream, and a publisher gets reports and a bitrate', async (t) => {
  const { ann, bob } = await pair(t, await open(t))
  ann.report([new RtcpSrPacket({ ssrc: ann.ssrcs.video, senderInfo: new RtcpSenderInfo({ ntpTimestamp: 1n << 40n, rtpTimestamp: 0, packetCount: 1, octetCount: 1 }) })], 'publish')
  await until('a sender report', () => bob.rtcp.some((packet) => packet instanceof RtcpSrPacket && packet.ssrc === videoOf(bob)))
  const report = bob.rtcp.find((packet) => packet instanceof RtcpSrPacket)
  t.ok((report?.senderInfo.ntpTimestamp ?? 0n) > (3_900_000_000n << 32n), 'it is in the engine\'s clock')
  await until('a receiver report and a bitrate', () => ann.rtcp.some((packet) => packet instanceof RtcpRrPacket) && ann.rtcp.some((packet) => packet instanceof RtcpPayloadSpecificFeedback && 'bitrate' in packet.feedback))
})

t.test('loss that a receiver tells of lowers the bitrate that the publisher is told', async (t) => {
  const { ann, bob } = await pair(t, await open(t))
  const bitrates = (): number[] => ann.rtcp.flatMap((packet) => packet instanceof RtcpPayloadSpecificFeedback && 'bitrate' in packet.feedback ? [Number(packet.feedback.bitrate)] : [])
  await until('a first bitrate', () => bitrates().length > 0)
  bob.report([new RtcpRrPacket({ ssrc: 1, reports: [new RtcpReceiverInfo({ ssrc: videoOf(bob), fractionLost: 100, packetsLost: 10, highestSequence: 1, jitter: 0, lsr: 0, dlsr: 0 })] })])
  await until('a lower one', () => (bitrates().at(-1) ?? Infinity) < (bitrates()[0] ?? 0) / 4)
  t.pass()
})

t.test('an offer that is never answered is resent once, then the participant is ended', async (t) => {
  const clock = new FakeClock()
  const engine = await open(t, { viewerAfterMs: 500, iceTimeoutMs: 600_000 }, clock)
  const [ann, bob] = [await client(t, engine, 'ann'), await client(t, engine, 'bob')]
  bob.answers = false
  await ann.publish()
  await until('ann is answered', () => ann.descriptions.length > 0)
  clock.advance(500)
  clock.advance(20)
  await until('bob is offered', () => bob.descriptions.length === 1)
  clock.advance(15_000)
  await until('bob is offered again', () => bob.descriptions.length === 2)
  t.equal(bob.descriptions[1]?.sdp, bob.descriptions[0]?.sdp)
  t.equal(bob.ended, null)
  clock.advance(15_000)
  t.equal(bob.ended, 'negotiation')
  t.match(await engine.stats?.(), { peers: 1 })
  t.equal(ann.ended, null)
})

t.test('a participant without a sign of life is ended with ice', async (t) => {
  const clock = new FakeClock()
  const engine = await open(t, { iceTimeoutMs: 30_000 }, clock)
  const ann = await client(t, engine, 'ann')
  const offer = new NodeClient('nobody')
  offer.peer = ann.peer
  await offer.publish()
  t.teardown(() => offer.close())
  await until('it is answered', () => ann.descriptions.length === 1)
  for (let s = 0; s < 29; s++) clock.advance(1_000)
  t.equal(ann.ended, null)
  for (let s = 0; s < 3; s++) clock.advance(1_000)
  t.equal(ann.ended, 'ice')
})

t.test('a callback that throws harms neither its participant nor another one', async (t) => {
  const engine = await open(t)
  const bad = new NodeClient('bad')
  bad.peer = await engine.join({ userId: 'bad', roomId: 'r', sessionId: 's', signal: bad.abort.signal, sendDescription: () => { throw new Error('no') }, sendCandidate: () => { throw new Error('no') }, closed: () => { throw new Error('no') } })
  t.teardown(() => bad.close())
  await bad.publish()
  const { ann, bob } = await pair(t, engine)
  t.ok(ann.publishing && bob.subscribing)
})

t.test('user ids cannot bring lines of their own into SDP', async (t) => {
  const engine = await open(t)
  const [ann, bob] = [await client(t, engine, 'ann\r\na=evil: 1'), await client(t, engine, 'bob')]
  await ann.publish()
  await until('bob is offered', () => bob.shown.length > 0)
  t.strictSame(bob.shown, ['ann%0D%0Aa%3Devil%3A%201'])
  t.notMatch(bob.descriptions[0]?.sdp, /^a=evil/m)
})

t.test('ports come from portRange and are given back', async (t) => {
  const engine = await open(t, { portRange: [22_100, 22_103] })
  const ports = (one: NodeClient): number[] => one.descriptions.flatMap(({ sdp }) => [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+)/gm)].map(([, port]) => Number(port)))
  for (let round = 0; round < 3; round++) {
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => client(t, engine, name)))
    await Promise.all([ann?.publish(), bob?.publish()])
    await until('both are answered and offered', () => ann?.descriptions.length === 2 && bob?.descriptions.length === 2)
    const used = [...ports(ann as NodeClient), ...ports(bob as NodeClient)]
    t.equal(new Set(used).size, 4)
    t.ok(used.every((port) => port >= 22_100 && port <= 22_103))
    await Promise.all([ann?.close(), bob?.close()])
  }
})

t.test('announced addresses are told instead of the machine\'s own', async (t) => {
  const engine = await open(t, { announcedAddresses: ['203.0.113.7', '198.51.100.9'] })
  const ann = await client(t, engine, 'ann')
  await ann.publish()
  await until('it is answered', () => ann.descriptions.length === 1)
  const hosts = [...(ann.descriptions[0]?.sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) \d+ typ host/gm) ?? [])].map(([, address]) => address)
  t.strictSame(hosts, ['203.0.113.7', '198.51.100.9'])
  t.match(ann.descriptions[0]?.sdp, /a=end-of-candidates/)
})
