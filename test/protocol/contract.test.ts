import { Type } from '@sinclair/typebox'
import t from 'tap'
import { MSE_CONTRACTS, MSE_ERRORS, MseError, defineMethod, defineNotification, toCandidate, toDescription, tooMany, unavailable } from '../../lib/protocol/index.ts'

t.test('fills in what a definition leaves out', async (t) => {
  const shared = { access: 'authenticated', roles: [], after: [], environment: null, grace: false }
  t.match(defineMethod({ name: 'm' }), { ...shared, name: 'm', kind: 'request', params: { type: 'object' }, result: { type: 'null' } })
  t.match(defineNotification({ name: 'n' }), { ...shared, name: 'n', kind: 'notification', direction: 'both', params: { type: 'object' } })
  const params = Type.Object({ a: Type.Number() })
  t.equal(defineNotification({ name: 'n', params }).sends, params, 'the server sends what the client sends')
  const sends = Type.Object({})
  t.equal(defineNotification({ name: 'n', params, sends }).sends, sends)
})

t.test('refuses names that are reserved or have no fit length', async (t) => {
  for (const define of [(name: string) => defineMethod({ name }), (name: string) => defineNotification({ name })]) {
    for (const name of ['', 'x'.repeat(129), 'rpc.', 'rpc.discover', '$/', '$/ack']) t.throws(() => define(name), TypeError, name.slice(0, 10))
    for (const name of ['x', 'x'.repeat(128), 'rpc', 'rpcs.x', '$ack', '__proto__', 'a/b']) t.doesNotThrow(() => define(name), name.slice(0, 10))
  }
})

t.test('has the methods of MSE 1.0, each with its access and order', async (t) => {
  const rows = MSE_CONTRACTS.map(({ name, kind, access, after, environment, grace }) => [name, kind, access, after.join(), environment, grace])
  t.strictSame(rows, [
    ['ping', 'request', 'public', '', null, true],
    ['auth', 'request', 'public', '', null, true],
    ['start', 'request', 'authenticated', 'auth', null, false],
    ['whoami', 'request', 'authenticated', 'auth', 'development', false],
    ['sdpOffer', 'notification', 'authenticated', 'auth,start', null, false],
    ['iceCandidate', 'notification', 'authenticated', 'auth,start', null, false],
    ['chat', 'notification', 'authenticated', 'auth', null, false],
    ['disconnect', 'notification', 'authenticated', '', null, true]
  ])
})

t.test('makes errors that cross the wire', async (t) => {
  for (const [name, { code, message }] of Object.entries(MSE_ERRORS)) {
    const error = new MseError(name as keyof typeof MSE_ERRORS)
    t.match(error, { code, message, name: 'MseError' })
    t.equal(Object.hasOwn(error, 'data') && error.data !== undefined, false, 'no data unless some are given')
  }
  t.match(unavailable(5), { code: -7001, data: { retryAfterMs: 5 } })
  t.match(tooMany(7), { code: -8001, data: { retryAfterMs: 7 } })
})

t.test('makes the two forms of descriptions and candidates one', async (t) => {
  const sdp = (setup: string): string => `v=0\r\na=setup:${setup}\r\n`
  t.strictSame(toDescription(sdp('actpass')), { type: 'offer', sdp: sdp('actpass') })
  t.strictSame(toDescription(sdp('active')), { type: 'answer', sdp: sdp('active') })
  t.strictSame(toDescription(sdp('passive')), { type: 'answer', sdp: sdp('passive') })
  t.strictSame(toDescription('s=a=setup:active'), { type: 'offer', sdp: 's=a=setup:active' }, 'a line, not a part of one')
  const given = { type: 'answer', sdp: sdp('actpass') } as const
  t.equal(toDescription(given), given)
  t.strictSame(toCandidate(' a=candidate:1 1 udp 1 h 1 typ host\r\n'.trim()), { candidate: 'candidate:1 1 udp 1 h 1 typ host' })
  t.strictSame(toCandidate('candidate:1\r\n'), { candidate: 'candidate:1' })
  t.strictSame(toCandidate(''), { candidate: '' })
})
