import t from 'tap'
import type { Candidate } from '../../lib/media/engine.ts'
import { CandidateInbox, NEGOTIATION, Offerer, endsCandidates, routeCandidate } from '../../lib/media/negotiation.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'

function offering (): { clock: FakeClock, offerer: Offerer, seen: string[] } {
  const clock = new FakeClock()
  const seen: string[] = []
  const offerer = new Offerer({ clock, offer: () => seen.push('offer'), resend: () => seen.push('resend'), gaveUp: () => seen.push('gave up') })
  return { clock, offerer, seen }
}

t.test('changes within 20 ms travel in one offer', async (t) => {
  const { clock, offerer, seen } = offering()
  offerer.change()
  clock.advance(NEGOTIATION.coalesceMs - 1)
  offerer.change()
  t.strictSame(seen, [])
  clock.advance(1)
  t.strictSame(seen, ['offer'])
})

t.test('one offer is outstanding at a time; what changes meanwhile is offered once, after the answer', async (t) => {
  const { clock, offerer, seen } = offering()
  offerer.change()
  clock.advance(20)
  offerer.change()
  offerer.change()
  clock.advance(1_000)
  t.strictSame(seen, ['offer'])
  t.equal(offerer.answered(), true)
  clock.advance(20)
  t.strictSame(seen, ['offer', 'offer'])
})

t.test('an unanswered offer is resent once after 15 s and given up after 15 s more', async (t) => {
  const { clock, offerer, seen } = offering()
  offerer.change()
  clock.advance(20 + 14_999)
  t.strictSame(seen, ['offer'])
  clock.advance(1)
  t.strictSame(seen, ['offer', 'resend'])
  clock.advance(15_000)
  t.strictSame(seen, ['offer', 'resend', 'gave up'])
  offerer.change()
  clock.advance(60_000)
  t.strictSame(seen, ['offer', 'resend', 'gave up'])
  t.equal(clock.pending, 0)
})

t.test('an answer to the offer that was resent is an answer', async (t) => {
  const { clock, offerer, seen } = offering()
  offerer.change()
  clock.advance(20 + 15_000)
  t.equal(offerer.answered(), true)
  clock.advance(60_000)
  t.strictSame(seen, ['offer', 'resend'])
})

t.test('stray and repeated answers are ignored', async (t) => {
  const { clock, offerer, seen } = offering()
  t.equal(offerer.answered(), false)
  offerer.change()
  t.equal(offerer.answered(), false, 'nothing has been offered yet')
  clock.advance(20)
  t.equal(offerer.answered(), true)
  t.equal(offerer.answered(), false)
  t.strictSame(seen, ['offer'])
})

t.test('a closed offerer leaves no timer and offers nothing', async (t) => {
  const { clock, offerer, seen } = offering()
  offerer.change()
  offerer.close()
  offerer.close()
  clock.advance(60_000)
  t.strictSame(seen, [])
  t.equal(clock.pending, 0)
})

const host = (address: string, usernameFragment?: string): Candidate => ({ candidate: `candidate:1 1 udp 2122260223 ${address} 50000 typ host`, sdpMid: '0', ...(usernameFragment === undefined ? {} : { usernameFragment }) })

function inbox (clock = new FakeClock()): { clock: FakeClock, box: CandidateInbox, got: string[] } {
  const got: string[] = []
  return { clock, got, box: new CandidateInbox(clock, ({ candidate }) => got.push(candidate.split(' ')[4] ?? '')) }
}

t.test('candidates are held until their description arrives, in order', async (t) => {
  const { box, got } = inbox()
  box.add(host('10.0.0.1', 'aaaa'))
  box.add(host('10.0.0.2'))
  t.strictSame(got, [])
  box.described(new Set(['aaaa']))
  box.add(host('10.0.0.3', 'aaaa'))
  t.strictSame(got, ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
})

t.test('candidates of an ICE restart wait for its description', async (t) => {
  const { box, got } = inbox()
  box.described(new Set(['aaaa']))
  box.add(host('10.0.0.9', 'bbbb'))
  t.strictSame(got, [])
  box.described(new Set(['bbbb']))
  t.strictSame(got, ['10.0.0.9'])
})

t.test('a connection holds 64 candidates and for 45 s', async (t) => {
  const { clock, box, got } = inbox()
  for (let i = 0; i < 70; i++) box.add(host(`10.0.0.${i}`))
  t.equal(box.held, 64)
  t.equal(box.dropped, 6)
  clock.advance(NEGOTIATION.candidateHoldMs)
  box.add(host('10.0.1.1'))
  box.described(new Set(['aaaa']))
  t.strictSame(got, ['10.0.1.1'])
})

t.test('a connection takes 64 candidates for one description', async (t) => {
  const { box, got } = inbox()
  box.described(new Set(['aaaa']))
  for (let i = 0; i < 100; i++) box.add(host(`10.0.0.${i}`, 'aaaa'))
  t.equal(got.length, 64)
  box.described(new Set(['bbbb']))
  box.add(host('10.0.1.1', 'bbbb'))
  t.equal(got.length, 65)
})

t.test('a candidate goes to the connection that its user name fragment names', async (t) => {
  const [publish, subscribe] = [inbox(), inbox()]
  publish.box.described(new Set(['aaaa']))
  subscribe.box.described(new Set(['bbbb']))
  const boxes = [publish.box, subscribe.box]
  routeCandidate(host('10.0.0.2', 'bbbb'), boxes)
  routeCandidate({ candidate: 'candidate:1 1 udp 1 10.0.0.1 5000 typ host ufrag aaaa' }, boxes)
  t.strictSame([publish.got, subscribe.got], [['10.0.0.1'], ['10.0.0.2']])
})

t.test('a candidate without a user name fragment is tried on every connection', async (t) => {
  const [publish, subscribe] = [inbox(), inbox()]
  publish.box.described(new Set(['aaaa']))
  routeCandidate(host('10.0.0.1'), [publish.box, subscribe.box])
  t.strictSame([publish.got, subscribe.got], [['10.0.0.1'], []])
  subscribe.box.described(new Set(['bbbb']))
  t.strictSame(subscribe.got, ['10.0.0.1'])
})

t.test('a .local candidate is dropped and never held', async (t) => {
  const { box, got } = inbox()
  t.equal(routeCandidate(host('f81d4fae-7dec-11d0.local'), [box]), false)
  t.equal(routeCandidate(host('F81D4FAE.LOCAL', 'aaaa'), [box]), false)
  box.described(new Set(['aaaa']))
  t.strictSame([got, box.held], [[], 0])
})

t.test('an empty candidate is the end of candidates', async (t) => {
  t.equal(endsCandidates({ candidate: '' }), true)
  t.equal(endsCandidates(host('10.0.0.1')), false)
})
