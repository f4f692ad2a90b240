/** How links and sessions end, and when the client comes back, over each transport. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { Gateway } from './gateway.ts'
import { Echo, TRANSPORTS, connect, connected, endAll, isClosed, isOpen, startServer } from './sdk-world.ts'

const FINAL = [['ended', 1000], ['forbidden', 4503], ['protocol', 4500], ['superseded', 4509]] as const
const STREAMED = ['websocket', 'events'] as const

for (const transport of STREAMED) {
  for (const [name, code] of FINAL) {
    t.test(`a session that the server ends with ${code} is over, and the application learns it over ${transport}`, async (t) => {
      const { url, app } = await startServer(t)
      const { client, state, told } = await connected(t, url, { transports: [transport] })
      endAll(app, name)
      const { failure } = await state(isClosed)
      t.match(failure, { name: 'ClientError', reason: 'link', code })
      await t.rejects(client.call('ping'), { name: 'ClientError', message: 'the client is closed' })
      await client.close()
      t.strictSame([told.state.length, told.reset, client.transport], [2, [], null])
    })
  }
}

for (const transport of TRANSPORTS) {
  const only = { transports: [transport] }

  t.test(`a session that the server ends for a reason that passes is followed by a fresh one over ${transport}`, async (t) => {
    const { url, app } = await startServer(t)
    const { client, told, times } = await connected(t, url, only)
    endAll(app, 'tooMany')
    await times('session', 2)
    t.match(told.reset, [{ reason: 'expired' }])
    t.equal(await client.call('ping'), 'pong')
  })

  t.test(`a server that goes down and comes back has the client back over ${transport}`, async (t) => {
    const first = await startServer(t)
    const gateway = await Gateway.start(t, first.url)
    const { client, told, times } = await connected(t, gateway.url, only)
    const closed = first.app.close()
    await closed
    await client.call('ping', {}, { timeoutMs: 1 }).catch(() => {})
    const second = await startServer(t)
    gateway.leadTo(second.url)
    await times('session', 2)
    t.strictSame([told.reset.length, second.app.mse.sessions.size], [1, 1])
    t.equal(await client.call(Echo, { text: 'back' }), 'back')
    if (transport !== 'poll') t.match(told.drain, [{ afterMs: Number }])
  })

  t.test(`a user with too many sessions waits as long as the server says over ${transport}`, async (t) => {
    const { url, app } = await startServer(t, { maxSessionsPerUser: 1 })
    const first = await connected(t, url, only)
    const second = connect(t, url, only)
    const { failure, retryInMs } = await second.state(({ state }) => state === 'connecting')
    t.match(failure, { reason: 'refused', code: -8001, retryAfterMs: Number })
    t.ok(Number(retryInMs) > Number(failure?.retryAfterMs))
    await first.client.close()
    await second.state(isOpen)
    t.equal(app.mse.sessions.size, 1)
  })

  t.test(`a 503 with Retry-After is heeded over ${transport}`, async (t) => {
    const server = createServer((_request, response) => { response.writeHead(503, { 'retry-after': '7' }).end() })
    await once(server.listen({ host: '127.0.0.1', port: 0 }), 'listening')
    t.teardown(() => server.close())
    const { state, told } = connect(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/mse`, { ...only, transports: [...only.transports, 'poll'] })
    const { failure, retryInMs } = await state(({ retryInMs }) => retryInMs !== undefined)
    t.match(failure, { reason: 'link', code: 503, retryAfterMs: 7_000 }, 'a WebSocket is not told, what is tried after it is')
    t.ok(Number(retryInMs) >= 7_020)
    t.equal(told.state.length, 1)
  })
}

t.test('a poll is not told why its session ended: a fresh one follows', async (t) => {
  const { url, app } = await startServer(t)
  const { told, times } = await connected(t, url, { transports: ['poll'] })
  endAll(app, 'ended')
  await times('session', 2)
  t.match(told.reset, [{ reason: 'expired' }])
})
