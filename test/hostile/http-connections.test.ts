/** More connections than there may be, altogether and from one address. */
import t from 'tap'
import type { MseEvents } from '../../index.ts'
import { networkOf } from '../../lib/util/network.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { makeToken } from '../helpers/tokens.ts'
import { handshake, join, open, openRaw, portOf, startApp } from '../helpers/websocket-client.ts'
import { RawHttp, exchange, postText } from './raw-http.ts'
import { standBy } from './witness.ts'

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
const from = (address: string, headers: Record<string, string> = {}): Record<string, string> => ({ 'x-forwarded-for': address, ...headers })
const FULL = { status: 503, headers: { 'retry-after': '5' } } as const
const BEHIND_PROXY = { fastify: { trustProxy: true } } as const

t.test('61 whoever comes above the total is answered 503 on every face, and those who are there go on', async (t) => {
  const app = await startApp(t, { maxConnections: 3 })
  const isUnharmed = await standBy(t, app)
  const port = portOf(app)
  const rejected: Array<MseEvents['rejected']> = []
  app.mse.on('rejected', (event) => { rejected.push(event) })
  const [auth] = await exchange(port, postText(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken(), version: '1.0' } }), { connection: 'close' }))
  const session = auth?.headers['mse-session'] ?? ''
  const socket = await openRaw(app)
  const stream = new RawHttp(port).write(`GET /mse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nMse-Session: ${session}\r\n\r\n`)
  while (app.mse.sessions.get(session)?.transport !== 'events') await new Promise(setImmediate)

  for (const request of [
    handshake(app), `GET /mse HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: text/event-stream\r\nMse-Session: ${session}\r\n\r\n`,
    `GET /mse HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json\r\nMse-Session: ${session}\r\n\r\n`
  ]) t.match(await exchange(port, request), [{ ...FULL, body: '' }], String(request).slice(0, 4))
  t.match(await exchange(port, postText(PING, { connection: 'close' })), [{ status: 200 }], 'a POST is soon over, and has a rate of its own')
  t.strictSame(rejected, Array(3).fill({ cause: 'connections', address: '127.0.0.1' }))
  t.equal(app.mse.sessions.get(session)?.transport, 'events', 'nobody was pushed out')

  await stream.end()
  while (app.mse.sessions.get(session)?.transport === 'events') await new Promise(setImmediate)
  const again = await openRaw(app)
  again.socket.destroy()
  t.match(await exchange(port, `DELETE /mse HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nMse-Session: ${session}\r\n\r\n`), [{ status: 204 }])
  socket.socket.destroy()
  await isUnharmed()
})

t.test('61 one address has its share, and another one is not touched by what it does', async (t) => {
  const app = await startApp(t, { maxConnectionsPerAddress: 100 }, BEHIND_PROXY)
  const isUnharmed = await standBy(t, app)
  const attack = await Promise.all(Array.from({ length: 100 }, () => open(app, { headers: from('203.0.113.5') })))
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => open(app, { headers: from('203.0.113.5') })))
  t.ok(results.every((result) => result.status === 'rejected' && /503/.test(String(result.reason))), 'the 101st and all after it')
  await t.rejects(open(app, { headers: from('::ffff:203.0.113.5') }), /503/, 'in its other spelling')
  const other = await join(app, { userId: 'other' }, { headers: from('203.0.113.6') })
  await attack[0]?.close()
  attack[0] = await open(app, { headers: from('203.0.113.5') })
  for (const client of [...attack, other]) client.socket.terminate()
  await isUnharmed()
  const again = await Promise.all(Array.from({ length: 100 }, () => open(app, { headers: from('203.0.113.5') })))
  t.equal(again.length, 100, 'everything was given back')
  for (const client of again) client.socket.terminate()
})

t.test('61 an address is what the app trusts, not what a peer says', async (t) => {
  const app = await startApp(t, { maxConnectionsPerAddress: 2, countLocalNetworks: true })
  const isUnharmed = await standBy(t, app)
  const second = await open(app, { headers: from('203.0.113.1') })
  for (const address of ['203.0.113.2', '203.0.113.3']) await t.rejects(open(app, { headers: from(address) }), /503/)
  second.socket.terminate()
  await isUnharmed()
})

t.test('61 what may be a proxy is not counted as one client, unless that is asked for', async (t) => {
  const app = await startApp(t, { maxConnectionsPerAddress: 1 }, BEHIND_PROXY)
  const isUnharmed = await standBy(t, app)
  for (const address of ['127.0.0.1', '10.1.2.3', '192.168.7.7', '172.31.0.1', '169.254.1.1', '::1', 'fd00::1', 'fe80::1', '::ffff:10.1.2.3']) {
    const clients = [await open(app, { headers: from(address) }), await open(app, { headers: from(address) })]
    for (const client of clients) client.socket.terminate()
  }
  for (const address of ['172.32.0.1', '11.1.2.3', '2001:db8::1', '::ffff:203.0.113.5', '192.169.1.1']) {
    const client = await open(app, { headers: from(address) })
    await t.rejects(open(app, { headers: from(address) }), /503/, address)
    client.socket.terminate()
  }
  await isUnharmed()
})

t.test('61 everything gives its place back, however it ends', async (t) => {
  const app = await startApp(t, { maxConnections: 2, clock: new FakeClock(Date.now()), anonymousPostBurst: 1_000 })
  const isUnharmed = await standBy(t, app)
  const port = portOf(app)
  const endings: ReadonlyArray<() => Promise<unknown>> = [
    () => exchange(port, postText(PING, { connection: 'close' })),
    () => exchange(port, postText('{', { connection: 'close' })),
    () => exchange(port, postText(PING, { connection: 'close', 'content-type': 'text/plain' })),
    () => exchange(port, postText('', { 'content-length': '300000', connection: 'close' })),
    () => exchange(port, handshake(app, { 'Sec-WebSocket-Version': '7' })),
    () => exchange(port, handshake(app, {}, '/mse', 'POST')),
    () => exchange(port, handshake(app, { Upgrade: 'h2c' })),
    () => exchange(port, 'PUT /mse HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    async () => (await openRaw(app)).socket.destroy(),
    async () => {
      const half = new RawHttp(port).write(postText('{', { 'content-length': '10' }))
      const served = new Promise((resolve) => { app.server.once('request', resolve) })
      await served
      await half.end()
    }
  ]
  for (const [index, end] of endings.entries()) {
    for (let round = 0; round < 5; round++) {
      await end()
      // What was left of it is let go of as soon as the server has seen its end.
      let status = 503
      while (status === 503) status = (await exchange(port, postText(PING, { connection: 'close' })))[0]?.status ?? 0
      if (status !== 200) t.fail(`after ending ${index}: ${status}`)
    }
  }
  await isUnharmed()
})

t.test('61 one network is an IPv4 address, or 64 bits of IPv6', async (t) => {
  const networks: ReadonlyArray<readonly [string, string]> = [
    ['203.0.113.5', '203.0.113.5'], ['::ffff:203.0.113.5', '203.0.113.5'], ['::FFFF:203.0.113.5', '203.0.113.5'], ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0000:0000:ffff::', '2001:db8:0:0::/64'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['::1', '0:0:0:0::/64'], ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['', ''], ['unknown', 'unknown'], ['x'.repeat(9_000), 'x'.repeat(64)], [':'.repeat(9_000), '0:0:0:0::/64']
  ]
  for (const [address, network] of networks) t.equal(networkOf(address), network, address.slice(0, 40))
})
