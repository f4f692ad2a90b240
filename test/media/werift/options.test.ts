import t from 'tap'
import { weriftEngine } from '../../../lib/media/werift/index.ts'
import type { WeriftEngineOptions } from '../../../lib/media/werift/index.ts'
import { readOptions } from '../../../lib/media/werift/options.ts'
import { PortPool } from '../../../lib/media/werift/port-pool.ts'

t.test('the defaults are the documented ones', async (t) => {
  const { addresses, ...settings } = readOptions({})
  t.ok(addresses.length > 0)
  t.strictSame(settings, {
    maxStreams: 150,
    maxForwards: 150,
    maxTracks: 8,
    iceServers: [],
    portRange: null,
    bindAddress: null,
    codecs: ['opus', 'vp8', 'h264'],
    minBitrate: 150_000,
    maxBitrate: 2_500_000,
    iceTimeoutMs: 30_000,
    viewerAfterMs: 500,
    retryAfterMs: 5_000
  })
})

t.test('a single interface address is bound, several are not', async (t) => {
  t.equal(readOptions({ interfaceAddresses: ['127.0.0.1'] }).bindAddress, '127.0.0.1')
  t.equal(readOptions({ interfaceAddresses: ['127.0.0.1', '127.0.0.2'] }).bindAddress, null)
})

const BAD: ReadonlyArray<[keyof WeriftEngineOptions, unknown]> = [
  ['maxStreams', 0], ['maxStreams', 1.5], ['maxStreams', NaN], ['maxForwards', -1], ['maxTracks', 0], ['portRange', [2, 1]], ['portRange', [0, 9]], ['portRange', [1, 70_000]],
  ['interfaceAddresses', []], ['interfaceAddresses', ['localhost']], ['interfaceAddresses', ['127.0.0.1', '::1']], ['announcedAddresses', ['media.example']],
  ['codecs', []], ['codecs', ['av1']], ['codecs', ['toString']], ['bitrate', [2, 1]], ['bitrate', [0, 1]], ['iceTimeoutMs', -1], ['viewerAfterMs', Infinity], ['retryAfterMs', NaN]
]

t.test('a bad value is refused when the engine is made, with the option and the value in the message', async (t) => {
  for (const [name, value] of BAD) t.throws(() => weriftEngine({ [name]: value }), { name: 'RangeError', message: `weriftEngine: ${name} cannot be ${JSON.stringify(value)}` })
  t.doesNotThrow(() => weriftEngine({ maxStreams: Infinity, maxForwards: Infinity }))
})

t.test('a port is handed out once, and the one that came back last is taken last', async (t) => {
  const pool = new PortPool([10, 12])
  t.strictSame([pool.take(), pool.take(), pool.take(), pool.take()], [10, 11, 12, null])
  pool.give(11)
  t.equal(pool.take(), 11)
  pool.give(10)
  pool.give(12)
  t.strictSame([pool.take(), pool.take(), pool.take()], [12, 10, null])
})
