import t from 'tap'
import { RtpHeader, RtpPacket } from 'werift'
import { ReceptionStatistics } from '../../../lib/media/werift/loss.ts'
import { RateControl } from '../../../lib/media/werift/rate-control.ts'
import { readExtensionText, readRtp, sequenceDistance, startsKeyframe, unpadded } from '../../../lib/media/werift/rtp.ts'
import type { RtpView } from '../../../lib/media/werift/rtp.ts'
import { rtcp } from '../../../lib/media/werift/feedback.ts'
import { RtcpPacketConverter, RtcpPayloadSpecificFeedback } from 'werift'

t.test('reads what werift writes, with sources and header extensions', async (t) => {
  const header = new RtpHeader({ payloadType: 96, sequenceNumber: 65_535, timestamp: 0xffff_fff0, ssrc: 0xfeed_beef, marker: true, csrc: [1, 2], csrcLength: 2, extension: true, extensions: [{ id: 4, payload: Buffer.from('a1') }] })
  const raw = new RtpPacket(header, Buffer.from('payload')).serialize()
  const view = readRtp(raw) as RtpView
  t.match(view, { payloadType: 96, sequence: 65_535, timestamp: 0xffff_fff0, ssrc: 0xfeed_beef, marker: true })
  t.equal(view.payload.toString(), 'payload')
  t.equal(readExtensionText(raw, view, 4), 'a1')
  t.equal(readExtensionText(raw, view, 5), null)
})

t.test('a packet that is cut short is none', async (t) => {
  const raw = new RtpPacket(new RtpHeader({ payloadType: 96, extension: true, extensions: [{ id: 4, payload: Buffer.from('a1') }] }), Buffer.alloc(0)).serialize()
  for (let length = 0; length < raw.length; length++) t.equal(readRtp(raw.subarray(0, length)), null)
})

t.test('takes padding off, all of it where there is nothing else', async (t) => {
  const view = { padding: true, payload: Buffer.from([1, 2, 0, 2]) } as RtpView
  t.strictSame(unpadded(view), Buffer.from([1, 2]))
  t.equal(unpadded({ ...view, payload: Buffer.from([0, 0, 9]) }).length, 0)
  t.equal(unpadded({ ...view, payload: Buffer.alloc(0) }).length, 0)
})

t.test('knows the key frames of VP8 and H.264, and takes any packet of another codec for one', async (t) => {
  t.equal(startsKeyframe('vp8', Buffer.from([0x10, 0x00])), true)
  t.equal(startsKeyframe('vp8', Buffer.from([0x10, 0x01])), false)
  t.equal(startsKeyframe('vp8', Buffer.from([0x00, 0x00])), false, 'not the first packet of its frame')
  t.equal(startsKeyframe('vp8', Buffer.from([0x90, 0xe0, 0x80, 0x01, 0x02, 0x03, 0x00])), true, 'with a long picture id and the rest')
  t.equal(startsKeyframe('vp8', Buffer.from([0x90, 0x80, 0x01, 0x01])), false)
  t.equal(startsKeyframe('vp8', Buffer.alloc(0)), false)
  t.equal(startsKeyframe('h264', Buffer.from([0x67])), true)
  t.equal(startsKeyframe('h264', Buffer.from([0x78, 0, 9, 0x67])), true)
  t.equal(startsKeyframe('h264', Buffer.from([0x7c, 0x85])), true)
  t.equal(startsKeyframe('h264', Buffer.from([0x7c, 0x05])), false)
  t.equal(startsKeyframe('h264', Buffer.from([0x61])), false)
  t.equal(startsKeyframe('opus', Buffer.from([0])), true)
})

t.test('measures distance on the circle of sequence numbers', async (t) => {
  t.strictSame([[1, 2], [65_535, 0], [0, 65_535], [0, 32_767]].map(([a = 0, b = 0]) => sequenceDistance(a, b)), [1, 1, -1, 32_767])
})

t.test('reports loss since the last report and in all', async (t) => {
  const statistics = new ReceptionStatistics(90_000)
  for (const sequence of [65_534, 65_535, 1, 2]) statistics.add(sequence, sequence * 3_000, sequence)
  t.match(statistics.report(), { fractionLost: 51, packetsLost: 1, highestSequence: 65_538 })
  t.match(statistics.report(), { fractionLost: 0, packetsLost: 1 })
  statistics.repaired()
  t.equal(statistics.packetsLost, 0)
})

t.test('the bitrate falls with loss on either way, stays between, and grows back', async (t) => {
  const rate = new RateControl(100_000, 2_000_000)
  const input = { upLoss: 0, downLoss: 0, receivedBitrate: 1_000_000 }
  t.equal(rate.update(input), 2_000_000)
  t.equal(rate.update({ ...input, downLoss: 0.2 }), 900_000)
  t.equal(rate.update({ ...input, upLoss: 0.05 }), 900_000)
  t.equal(rate.update({ ...input, upLoss: 1, receivedBitrate: 0 }), 100_000, 'never below the minimum')
  let last = 100_000
  for (let i = 0; i < 60; i++) last = rate.update(input)
  t.equal(last, 2_000_000)
})

t.test('a bitrate survives the wire within a hair', async (t) => {
  for (const bitrate of [100_000, 262_143, 262_144, 2_500_000, 100_000_000]) {
    const [packet] = RtcpPacketConverter.deSerialize(rtcp.maxBitrate(1, bitrate, [7, 8]).serialize())
    const feedback = packet instanceof RtcpPayloadSpecificFeedback && 'bitrate' in packet.feedback ? packet.feedback : null
    const got = Number(feedback?.bitrate)
    t.ok(got <= bitrate && got > bitrate * 0.9999, `${got} for ${bitrate}`)
    t.strictSame(feedback?.ssrcFeedbacks, [7, 8])
  }
})
