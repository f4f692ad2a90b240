import t from 'tap'
import * as main from '../../index.ts'
import * as client from '../../lib/client/index.ts'
import * as nodeClient from '../../lib/client/node.ts'
import * as signalling from '../../lib/client/signalling.ts'
import * as werift from '../../lib/media/werift/index.ts'
import * as protocol from '../../lib/protocol/index.ts'
import * as testing from '../../lib/testing/index.ts'

t.test('fastify-mse exports these names', async (t) => {
  t.strictSame(Object.keys(main).sort(), [
    'Auth', 'CLOSE_CODES', 'Chat', 'Disconnect', 'IceCandidate', 'MSE_CONTRACTS', 'MSE_ERRORS', 'Mse', 'MseError', 'Ping',
    'RequestAdapter', 'RequestFactory', 'ResponseAdapter', 'ResponseAdaptor', 'ResponseFactory', 'SdpOffer', 'Start', 'Whoami', 'createRequestFactory',
    'default', 'defineMethod', 'defineNotification', 'mse', 'tooMany', 'unavailable'
  ])
  t.equal(main.default, main.mse, 'the plugin is the default, too')
  t.equal(main.ResponseAdaptor, main.ResponseAdapter, 'the seed spells it both ways')
})

t.test('fastify-mse/protocol exports these names', async (t) => {
  t.strictSame(Object.keys(protocol).sort(), [
    'Auth', 'CLOSE_CODES', 'Chat', 'Disconnect', 'IceCandidate', 'IceCandidateInit', 'MAX_BATCH', 'MAX_DEPTH', 'MAX_ID_LENGTH', 'MSE_CONTRACTS',
    'MSE_ERRORS', 'MseError', 'PROTOCOL_VERSIONS', 'Ping', 'RequestAdapter', 'RequestFactory', 'ResponseAdapter', 'ResponseAdaptor', 'ResponseFactory',
    'SdpDescription', 'SdpOffer', 'Start', 'Whoami', 'closeReason', 'createRequestFactory', 'decode', 'defineMethod', 'defineNotification',
    'encodeCall', 'encodeError', 'encodeNotification', 'encodeResult', 'isMessageId', 'mayReconnect', 'toCandidate', 'toDescription', 'tooMany', 'unavailable'
  ])
})

t.test('fastify-mse/testing exports these names', async (t) => {
  t.strictSame(Object.keys(testing).sort(), ['FakeClock', 'MemoryLink', 'RecordingEngine', 'createMse', 'engineConformance'])
})

t.test('fastify-mse/werift exports these names', async (t) => {
  t.strictSame(Object.keys(werift).sort(), ['weriftEngine'])
})

t.test('fastify-mse/client exports these names', async (t) => {
  t.strictSame(Object.keys(client).sort(), ['ClientError', 'createClient'])
  t.strictSame(Object.keys(signalling).sort(), ['ClientError', 'createClient'], 'without media')
  t.strictSame(Object.keys(nodeClient).sort(), ['ClientError', 'createClient'], 'in Node')
})
