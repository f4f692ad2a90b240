import t from 'tap'
import { CLOSE_CODES, MSE_ERRORS, closeReason, mayReconnect } from '../../lib/protocol/index.ts'

t.test('the errors are these and no others', async (t) => {
  t.strictSame(MSE_ERRORS, {
    parse: { code: -32700, message: 'Parse error' },
    invalidMessage: { code: -1001, message: 'Invalid json rpc 2.0 object' },
    methodNotFound: { code: -32601, message: 'Method not found' },
    invalidParams: { code: -32602, message: 'Invalid params' },
    authorizationFailed: { code: -4001, message: 'Authorization Failed' },
    unauthorized: { code: -5001, message: 'Unauthorized Access' },
    callOrder: { code: -6001, message: 'Invalid Call Order' },
    unavailable: { code: -7001, message: 'Service Unavailable' },
    tooMany: { code: -8001, message: 'Too Many Requests' },
    internal: { code: -32603, message: 'Internal error' }
  })
})

t.test('the close codes are these and no others', async (t) => {
  t.strictSame(CLOSE_CODES, {
    ended: 1000,
    tooBig: 1009,
    drain: 1012,
    internal: 1011,
    slowConsumer: 4000,
    noPong: 4001,
    tokenExpired: 4002,
    tooMany: 4029,
    protocol: 4500,
    notAuthenticated: 4501,
    forbidden: 4503,
    superseded: 4509
  })
})

t.test('a client comes back below 4500 and stays away from there on', async (t) => {
  const codes = Object.values(CLOSE_CODES)
  t.strictSame(codes.filter(mayReconnect), [1000, 1009, 1012, 1011, 4000, 4001, 4002, 4029])
  t.strictSame(codes.filter((code) => !mayReconnect(code)), [4500, 4501, 4503, 4509])
})

t.test('a close reason fits a control frame and is never cut within a character', async (t) => {
  t.strictSame(closeReason('ended'), { code: 1000, text: 'ended' }, 'its name when nothing else is said')
  t.equal(closeReason('ended', 'x'.repeat(124)).text, 'x'.repeat(123))
  t.equal(closeReason('ended', 'x'.repeat(123)).text.length, 123, 'what fits is left alone')
  t.equal(closeReason('ended', `${'x'.repeat(122)}é`).text, 'x'.repeat(122))
  t.equal(closeReason('ended', '😀'.repeat(31)).text, '😀'.repeat(30), '124 bytes become 120')
})
