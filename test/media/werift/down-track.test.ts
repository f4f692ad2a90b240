import t from 'tap'
import { RtpPacket } from 'werift'
import type { RtcpPacket } from 'werift'
import { FakeClock } from '../../../lib/testing/fake-clock.ts'
import { ownCodecs } from '../../../lib/media/werift/codecs.ts'
import { DownTrack } from '../../../lib/media/werift/down-track.ts'
import { readRtp } from '../../../lib/media/werift/rtp.ts'
import type { RewrittenHeader, RtpView } from '../../../lib/media/werift/rtp.ts'
import { UpTrack } from '../../../lib/media/werift/up-track.ts'

const VIDEO = ownCodecs('video', ['vp8'])
const KEY = Buffer.from([0x10, 0x00, 1, 2])
const DELTA = Buffer.from([0x10, 0x01, 3, 4])

interface Sent { sequence: number, timestamp: number, payload: Buffer, payloadType: number, raw: Buffer }

function receiver (clock: FakeClock): { host: { clock: FakeClock, ready: boolean, sendRtp (payload: Buffer, header: RewrittenHeader): void, sendRtcp (packets: RtcpPacket[]): void }, sent: Sent[], rtcp: RtcpPacket[] } {
  const sent: Sent[] = []
  const rtcp: RtcpPacket[] = []
  const host = {
    clock,
    ready: true,
    sendRtp (payload: Buffer, header: RewrittenHeader) {
      const raw = Buffer.concat([header.serialize(), payload])
      const view = readRtp(raw) as RtpView
      sent.push({ sequence: view.sequence, timestamp: view.timestamp, payload: view.payload, payloadType: view.payloadType, raw })
    },
    sendRtcp: (packets: RtcpPacket[]) => { rtcp.push(...packets) }
  }
  return { host, sent, rtcp }
}

interface Publisher { track: UpTrack, asked: () => number, send: (payload: Buffer, sequence: number, timestamp: number) => void, nacks: number[][] }

function publisher (clock: FakeClock, ssrc: number): Publisher {
  let asked = 0
  const nacks: number[][] = []
  const track = new UpTrack({ clock, requestKeyframe: () => { asked++ }, requestPackets: (_, sequences) => nacks.push(sequences) }, { kind: 'video', id: 'cam', codecs: VIDEO })
  const send = (payload: Buffer, sequence: number, timestamp: number): void => track.receive({ payloadType: 96, marker: true, padding: false, sequence, timestamp, ssrc, payload, extensionStart: 12, extensionEnd: 12 })
  return { track, asked: () => asked, send, nacks }
}

t.test('begins with a key frame and asks until one comes, at most once in 300 ms', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track, asked, send } = publisher(clock, 1)
  const down = new DownTrack(host, 'video', VIDEO)
  down.follow(track)
  for (let i = 0; i < 10; i++) {
    send(DELTA, i, i)
    clock.advance(50)
  }
  t.strictSame(sent, [])
  t.equal(asked(), 2)
  send(KEY, 10, 900)
  send(DELTA, 11, 1_800)
  t.strictSame(sent.map(({ payload }) => payload), [KEY, DELTA])
})

t.test('a refilled slot goes on in numbers and time where the one before ended, from a key frame on', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const [ann, bob] = [publisher(clock, 1), publisher(clock, 2)]
  const down = new DownTrack(host, 'video', VIDEO)
  down.follow(ann.track)
  ann.send(KEY, 60_000, 4_000_000_000)
  ann.send(DELTA, 60_001, 4_000_003_000)
  clock.advance(1_000)
  down.follow(bob.track)
  bob.send(DELTA, 7, 100)
  bob.send(KEY, 8, 200)
  bob.send(DELTA, 9, 3_200)
  bob.send(DELTA, 7, 100)
  t.equal(sent.length, 4, 'neither what comes before the key frame nor what comes late from before it')
  const [first, second, third, fourth] = sent
  t.equal(second?.sequence, ((first?.sequence ?? 0) + 1) & 0xffff)
  t.equal(third?.sequence, ((second?.sequence ?? 0) + 1) & 0xffff)
  t.equal(fourth?.sequence, ((third?.sequence ?? 0) + 1) & 0xffff)
  t.equal(((third?.timestamp ?? 0) - (second?.timestamp ?? 0)) >>> 0, 90_000, 'a second has passed')
  t.equal(bob.asked() > 0, true)
  t.equal(ann.track.receivers.size, 0)
})

t.test('a packet that was skipped leaves the same gap to the receiver, and reordered packets keep their order', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track, send } = publisher(clock, 1)
  new DownTrack(host, 'video', VIDEO).follow(track)
  for (const [sequence, timestamp] of [[65_534, 0], [65_535, 1], [1, 3], [0, 2], [2, 4]] as const) send(KEY, sequence, timestamp)
  const first = sent[0]?.sequence ?? 0
  t.strictSame(sent.map(({ sequence }) => (sequence - first) & 0xffff), [0, 1, 3, 2, 4])
})

t.test('goes on for more packets than sequence numbers', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track, send } = publisher(clock, 1)
  new DownTrack(host, 'video', VIDEO).follow(track)
  for (let i = 0; i < 140_000; i++) send(i === 0 ? KEY : DELTA, i & 0xffff, i)
  t.equal(sent.length, 140_000)
})

t.test('a publisher that begins a new stream does not make the receiver\'s numbers jump', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track, send } = publisher(clock, 1)
  new DownTrack(host, 'video', VIDEO).follow(track)
  send(KEY, 5, 5)
  const fresh = { payloadType: 96, marker: true, padding: false, sequence: 40_000, timestamp: 9, ssrc: 2, payload: KEY, extensionStart: 12, extensionEnd: 12 }
  track.receive(fresh)
  t.equal(((sent[1]?.sequence ?? 0) - (sent[0]?.sequence ?? 0)) & 0xffff, 1)
})

t.test('passes on no header extension of the publisher', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track } = publisher(clock, 9)
  new DownTrack(host, 'video', VIDEO).follow(track)
  const extended = Buffer.concat([Buffer.from([0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 0x41, 0, 0]), KEY])
  track.receive(readRtp(extended) as RtpView)
  const packet = RtpPacket.deSerialize(sent[0]?.raw as Buffer)
  t.equal(packet.header.extension, false)
  t.strictSame(packet.payload, KEY)
})

t.test('does not send what its receiver has no payload type for', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track, send } = publisher(clock, 1)
  new DownTrack(host, 'video', ownCodecs('video', ['h264'])).follow(track)
  send(KEY, 1, 1)
  t.strictSame(sent, [])
})

t.test('holds back while the connection is not up and begins with a key frame when it is', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track, send } = publisher(clock, 1)
  new DownTrack(host, 'video', VIDEO).follow(track)
  host.ready = false
  send(KEY, 1, 1)
  host.ready = true
  send(DELTA, 2, 2)
  send(KEY, 3, 3)
  t.strictSame(sent.map(({ payload }) => payload), [KEY])
})

t.test('resends as RTX where the receiver takes it, else plainly; never what lies before the switch', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track, send } = publisher(clock, 1)
  const plain = VIDEO.map((codec) => ({ ...codec, rtxPayloadType: null }))
  const down = new DownTrack(host, 'video', VIDEO)
  down.follow(track)
  send(KEY, 10, 1)
  const number = sent[0]?.sequence ?? 0
  down.resend([number, number - 1, number + 1])
  t.equal(sent.length, 2)
  t.equal(sent[1]?.payloadType, 97)
  t.equal(sent[1]?.payload.readUInt16BE(0), number)
  down.reformat(plain)
  down.resend([number])
  t.match(sent[2], { payloadType: 96, sequence: number })
})

t.test('missing packets are asked for every 100 ms, five times, also where the numbers wrap', async (t) => {
  const clock = new FakeClock()
  const { send, nacks } = publisher(clock, 1)
  send(KEY, 65_534, 1)
  send(DELTA, 1, 2)
  t.strictSame(nacks, [[65_535, 0]])
  send(DELTA, 65_535, 2)
  clock.advance(100)
  t.strictSame(nacks, [[65_535, 0], [0]])
  clock.advance(10_000)
  t.equal(nacks.length, 5)
  t.equal(clock.pending, 0)
})

t.test('a retransmission fills its place once; probes with nothing in them are no packets', async (t) => {
  const clock = new FakeClock()
  const { host, sent } = receiver(clock)
  const { track, send } = publisher(clock, 1)
  new DownTrack(host, 'video', VIDEO).follow(track)
  send(KEY, 1, 1)
  send(DELTA, 3, 3)
  const rtx = (payload: Buffer, padding = false): void => track.receive({ payloadType: 97, marker: true, padding, sequence: 900, timestamp: 2, ssrc: 77, payload, extensionStart: 12, extensionEnd: 12 })
  rtx(Buffer.concat([Buffer.from([0, 2]), DELTA]))
  rtx(Buffer.concat([Buffer.from([0, 2]), DELTA]))
  rtx(Buffer.from([0, 0, 0, 4]), true)
  t.equal(sent.length, 3)
  t.strictSame(sent[2]?.payload, DELTA)
  t.equal(track.packetsLost, 0)
})
