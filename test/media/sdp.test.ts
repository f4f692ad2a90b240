import t from 'tap'
import { isReceiving, parseSdp, usernameFragments } from '../../lib/media/sdp.ts'
import type { Sdp } from '../../lib/media/sdp.ts'

const OFFER = [
  'v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1', 'a=ice-ufrag:sess', 'a=ice-pwd:sessionsessionsessionse', 'a=setup:actpass', 'a=fingerprint:SHA-256 AA:BB',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0', 'a=mid:0', 'a=sendonly', 'a=msid:stream mic', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10', 'a=rtcp-fb:* transport-cc', 'a=ssrc:11 cname:x', 'a=ssrc:11 msid:y z',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97', 'a=mid:1', 'a=ice-ufrag:vid', 'a=recvonly', 'a=rtpmap:96 VP8/90000', 'a=rtcp-fb:96 nack pli', 'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', 'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid', 'a=ssrc-group:FID 21 22', 'a=ssrc:21 cname:x', 'a=ssrc:22 cname:x', 'a=candidate:1 1 udp 1 10.0.0.1 5000 typ host', ''
].join('\r\n')

function parsed (text: string): Sdp {
  const sdp = parseSdp(text)
  if (sdp === null) throw new Error('no SDP')
  return sdp
}

t.test('reads m-lines with what belongs to them, session values filled in', async (t) => {
  const { media: [audio, video], bundle } = parsed(OFFER)
  t.strictSame(bundle, ['0', '1'])
  t.match(audio, { kind: 'audio', mid: '0', direction: 'sendonly', ufrag: 'sess', setup: 'actpass', trackId: 'mic', ssrcs: [11], fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }] })
  t.match(audio?.codecs[0], { name: 'opus', clockRate: 48_000, channels: 2, parameters: 'minptime=10', feedback: ['transport-cc'] })
  t.match(audio?.codecs[1], { name: 'pcmu', payloadType: 0, clockRate: 8_000 })
  t.match(video, { ufrag: 'vid', ssrcs: [21, 22], extensions: [{ id: 4 }], candidates: ['1 1 udp 1 10.0.0.1 5000 typ host'] })
  t.strictSame(usernameFragments(parsed(OFFER)), new Set(['sess', 'vid']))
})

t.test('knows an offer that receives by its living audio and video m-lines', async (t) => {
  t.equal(isReceiving(parsed(OFFER)), true)
  t.equal(isReceiving(parsed(OFFER.replace('a=recvonly', 'a=sendonly'))), false)
  t.equal(isReceiving(parsed(OFFER.replace('a=recvonly\r\n', ''))), true, 'sendrecv is the default')
  t.equal(isReceiving(parsed(OFFER.replace('m=video 9', 'm=video 0'))), false)
  t.equal(isReceiving(parsed(OFFER.replace('m=video', 'm=application'))), false)
})

t.test('reads bare line feeds as well as CRLF', async (t) => {
  t.strictSame(parsed(OFFER.replaceAll('\r\n', '\n')), parsed(OFFER))
})

t.test('takes what is no description for none, and never throws', async (t) => {
  for (const text of ['', 'hello', '{}', '\0\0', 'm=audio 9 x 0', ' v=0']) t.equal(parseSdp(text), null)
  for (const tail of ['m=', 'm=audio', 'm=audio x y z', 'a=', 'a=:', 'm=audio 9 p 0\na=rtpmap:\na=fmtp:\na=extmap:\na=ssrc:\na=ssrc-group:\na=fingerprint:\na=msid:\na=rtcp-fb:\na=rtpmap:0 \na=rtpmap:999 x/y/z']) {
    t.doesNotThrow(() => parseSdp(`v=0\n${tail}`))
  }
})

t.test('reads 256 KiB of m-lines or attributes without falling over', async (t) => {
  t.equal(parsed(`v=0\r\n${'m=video 9 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(8_000)}`).media.length, 128)
  t.equal(parsed(`v=0\r\nm=video 9 p 96\r\n${'a=rtpmap:96 VP8/90000\r\n'.repeat(11_000)}`).media.length, 1)
  t.equal(parsed(`v=0\r\nm=video 9 p ${'96 '.repeat(80_000)}`).media.length, 1)
})
