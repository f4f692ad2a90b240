import t from 'tap'
import type { Description, MediaEngine } from '../../../lib/media/engine.ts'
import { weriftEngine } from '../../../lib/media/werift/index.ts'
import { systemClock } from '../../../lib/util/clock.ts'
import { silentLogger } from '../../../lib/util/logger.ts'
import { NodeClient, until } from './node-client.ts'

const rejections: unknown[] = []
process.on('unhandledRejection', (reason) => rejections.push(reason))
process.on('uncaughtException', (error) => rejections.push(error))

let engine: MediaEngine
t.before(async () => {
  engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'], viewerAfterMs: 0 })
  await engine.open?.({ clock: systemClock, log: silentLogger })
})
t.teardown(() => engine.close())

/** An offer that this engine would answer. */
async function goodOffer (): Promise<string> {
  let offer = ''
  const one = new NodeClient('template')
  one.peer = { describe: ({ sdp }) => { offer = sdp }, candidate () {}, async close () {} }
  await one.publish()
  await one.close()
  return offer
}

t.test('whatever is sent as a description, nothing throws, and a neighbour in the room is served', async (t) => {
  const good = await goodOffer()
  const junk: string[] = [
    '', ' ', 'v=0', 'hello', '\0'.repeat(1_000), '{"type":"offer"}', '💥'.repeat(10_000),
    'v=0\r\n', 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n', 'v=0\r\nm=\r\nm= \r\nm=audio\r\n',
    good.replaceAll(/a=ice-ufrag.*\r\n/g, ''), good.replaceAll(/a=ice-pwd.*\r\n/g, 'a=ice-pwd:\r\n'), good.replaceAll(/a=fingerprint.*\r\n/g, ''),
    good.replaceAll(/a=fingerprint:.*\r\n/g, 'a=fingerprint:sha-256 ZZ\r\n'), good.replaceAll(/a=fingerprint:.*\r\n/g, 'a=fingerprint:md5 00\r\n'),
    good.replaceAll(/a=mid:.*\r\n/g, ''), good.replaceAll(/a=mid:.*\r\n/g, `a=mid:${'x'.repeat(1_000)}\r\n`), good.replaceAll(/a=mid:.*\r\n/g, 'a=mid:0\r\n'),
    good.replaceAll(/m=(audio|video) 9/g, 'm=$1 0'), good.replaceAll(/a=rtpmap.*\r\n/g, ''), good.replaceAll(/a=setup.*\r\n/g, 'a=setup:holdconn\r\n'),
    good.replaceAll('a=candidate:', 'a=candidate:x y z '), good.replaceAll(/a=ssrc:.*\r\n/g, 'a=ssrc:NaN\r\na=ssrc:99999999999\r\n'),
    good.replaceAll(/a=group.*\r\n/g, ''), good.split('m=')[0] ?? '',
    `v=0\r\n${'m=video 9 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(8_000)}`, `${good}${'a=x\r\n'.repeat(52_000)}`, `${good}${'m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\na=sendonly\r\n'.repeat(3_000)}`
  ]
  const bad = await new NodeClient('bad').join(engine, 'hostile')
  t.teardown(() => bad.close())
  for (const type of ['offer', 'answer'] as const) {
    for (const sdp of junk) t.doesNotThrow(() => bad.peer?.describe({ type, sdp }))
  }
  t.doesNotThrow(() => bad.peer?.describe({ type: 'rollback', sdp: good } as unknown as Description))

  const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => new NodeClient(name).join(engine, 'hostile')))
  t.teardown(() => Promise.all([ann?.close(), bob?.close()]))
  await ann?.publish()
  await until('the neighbours are connected', () => ann?.publishing === true && bob?.subscribing === true)
  t.strictSame(rejections, [])
})

t.test('whatever is sent as a candidate, nothing throws', async (t) => {
  const one = await new NodeClient('one').join(engine, 'candidates')
  t.teardown(() => one.close())
  await one.publish()
  await until('it is connected', () => one.publishing)
  for (const candidate of ['', 'candidate:', 'x', '\0', 'candidate:1 1 udp NaN 127.0.0.1 1 typ host', 'candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype active', 'candidate:1 2 udp 1 127.0.0.1 9 typ host', `candidate:${'1 '.repeat(50_000)}`, 'candidate:1 1 udp 1 ::1 9 typ host', 'candidate:1 1 udp 1 127.0.0.1 9 typ elsewhere']) {
    for (const sdpMid of ['0', '99', null]) t.doesNotThrow(() => one.peer?.candidate({ candidate, sdpMid, usernameFragment: null }))
  }
  for (let i = 0; i < 1_000; i++) one.peer?.candidate({ candidate: `candidate:${i} 1 udp 1 127.0.0.1 ${1_025 + i} typ host`, sdpMid: '0' })
  t.ok(one.publishing)
  t.strictSame(rejections, [])
})

t.test('a flood of offers is answered in part and closes cleanly in the middle', async (t) => {
  const one = await new NodeClient('flood').join(engine, 'flood')
  const good = await goodOffer()
  for (let i = 0; i < 200; i++) one.peer?.describe({ type: 'offer', sdp: good.replaceAll(/a=ice-ufrag:.*/g, `a=ice-ufrag:u${i}`) })
  await until('the first is answered', () => one.descriptions.length > 0)
  await one.close()
  t.ok(one.descriptions.length <= 8)
  t.strictSame(rejections, [])
})

t.test('an offer for each m-line limit: more tracks than maxTracks are answered inactive', async (t) => {
  const one = await new NodeClient('many').join(engine, 'many')
  t.teardown(() => one.close())
  const good = await goodOffer()
  const video = good.slice(good.indexOf('m=video'))
  const copies = Array.from({ length: 12 }, (_, index) => video.replace('a=mid:1', `a=mid:${index + 2}`)).join('')
  one.peer?.describe({ type: 'offer', sdp: `${good}${copies}`.replace('BUNDLE 0 1', `BUNDLE ${Array.from({ length: 14 }, (_, index) => index).join(' ')}`) })
  await until('it is answered', () => one.descriptions.length === 1)
  t.equal(one.descriptions[0]?.sdp.match(/a=recvonly/g)?.length, 8)
  t.equal(one.descriptions[0]?.sdp.match(/a=inactive/g)?.length, 6)
})
