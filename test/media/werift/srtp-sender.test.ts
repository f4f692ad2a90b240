import { randomBytes } from 'node:crypto'
import t from 'tap'
import { SrtpSession } from 'werift'
import { RewrittenHeader } from '../../../lib/media/werift/rtp.ts'
import { SrtpSender } from '../../../lib/media/werift/srtp-sender.ts'

const SSRC = 0xfeed_beef
/** By their numbers in DTLS-SRTP; with the bytes of the salt. */
const PROFILES = { AEAD_AES_128_GCM: { profile: 0x0007, saltBytes: 12 }, AES128_CM_HMAC_SHA1_80: { profile: 0x0001, saltBytes: 14 } } as const

/** Both ends of a connection. */
function pair ({ profile, saltBytes }: { profile: 0x0007 | 0x0001, saltBytes: number }): { sender: SrtpSender, receiver: SrtpSession } {
  const [oneKey, otherKey] = [randomBytes(16), randomBytes(16)]
  const [oneSalt, otherSalt] = [randomBytes(saltBytes), randomBytes(saltBytes)]
  const session = new SrtpSession({ keys: { localMasterKey: oneKey, localMasterSalt: oneSalt, remoteMasterKey: otherKey, remoteMasterSalt: otherSalt }, profile })
  const receiver = new SrtpSession({ keys: { localMasterKey: otherKey, localMasterSalt: otherSalt, remoteMasterKey: oneKey, remoteMasterSalt: oneSalt }, profile })
  return { sender: new SrtpSender(session), receiver }
}

const plain = { marker: true, padding: false }

for (const [name, profile] of Object.entries(PROFILES)) {
  t.test(`${name}: another implementation reads what it protects, across the end of the numbers and with packets sent again`, async (t) => {
    const { sender, receiver } = pair(profile)
    const header = new RewrittenHeader(SSRC)
    const payloadOf = (sequence: number): Buffer => Buffer.from(`payload ${sequence}`)
    for (const sequence of [65_533, 65_534, 65_535, 0, 65_534, 1, 65_535, 2, 3, 65_535, 0, 4, 32_000, 100, 33_000]) {
      const packet = Buffer.concat(sender.protect(payloadOf(sequence), header.rewrite(96, plain, sequence, sequence * 3_000)))
      const clear = receiver.decrypt(packet)
      t.equal(clear.subarray(12).toString(), `payload ${sequence}`)
      t.strictSame(clear.subarray(0, 12), header.serialize())
      t.notMatch(packet.toString('latin1'), /payload/)
    }
  })

  t.test(`${name}: each stream counts for itself`, async (t) => {
    const { sender, receiver } = pair(profile)
    const [one, other] = [new RewrittenHeader(1), new RewrittenHeader(2)]
    for (const [header, sequence] of [[one, 65_535], [other, 9], [one, 0], [other, 10], [one, 1]] as const) {
      const packet = Buffer.concat(sender.protect(Buffer.from('x'), header.rewrite(96, plain, sequence, 0)))
      t.equal(receiver.decrypt(packet).subarray(12).toString(), 'x')
    }
  })

  t.test(`${name}: a packet stays as it was when the next one is written`, async (t) => {
    const { sender } = pair(profile)
    const header = new RewrittenHeader(SSRC)
    const first = sender.protect(Buffer.from('one'), header.rewrite(96, plain, 1, 1))
    const before = Buffer.concat(first)
    sender.protect(Buffer.from('two'), header.rewrite(97, plain, 2, 2))
    t.strictSame(Buffer.concat(first), before)
  })
}

t.test('makes byte for byte what werift would make', async (t) => {
  const keys = { localMasterKey: randomBytes(16), localMasterSalt: randomBytes(12), remoteMasterKey: randomBytes(16), remoteMasterSalt: randomBytes(12) }
  const reference = new SrtpSession({ keys, profile: 0x0007 })
  const sender = new SrtpSender(new SrtpSession({ keys, profile: 0x0007 }))
  const header = new RewrittenHeader(SSRC)
  const payload = randomBytes(1_030)
  const differing: number[] = []
  for (let sequence = 65_000; sequence < 66_100; sequence++) {
    header.rewrite(96, plain, sequence & 0xffff, sequence)
    const expected = reference.encrypt(payload, header)
    if (!Buffer.concat(sender.protect(payload, header)).equals(expected)) differing.push(sequence)
  }
  t.strictSame(differing, [], '1,100 packets are the same')
})
