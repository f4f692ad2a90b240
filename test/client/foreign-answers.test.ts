/** What answers may be no MSE server: a proxy, another route, another program. */
import t, { type Test } from 'tap'
import Fastify from 'fastify'
import { createClient } from '../../lib/client/node.ts'
import type { StateEvent, TransportName } from '../../lib/client/options.ts'

/** A server that answers whatever it is asked with that; resolves with the first failure that makes the client wait. */
async function failureAt (t: Test, status: number, body: unknown, transports: readonly TransportName[]): Promise<{ event: StateEvent, methods: string[] }> {
  const app = Fastify()
  t.teardown(() => app.close())
  const methods: string[] = []
  app.all('/mse', async (request, reply) => {
    methods.push(request.method)
    return await reply.code(status).send(body)
  })
  const client = createClient({ url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/mse`, getToken: () => 'a token', transports })
  t.teardown(() => client.close())
  const event = await new Promise<StateEvent>((resolve) => { client.on('state', (event) => { if (event.retryInMs !== undefined) resolve(event) }) })
  return { event, methods }
}

t.test('does not take the JSON of others for an answer, and tries the next transport', async (t) => {
  const bodies: Array<[number, unknown]> = [
    [404, { message: 'Route POST:/mse not found', error: 'Not Found', statusCode: 404 }], [502, { error: { message: 'bad gateway' } }], [500, { error: null }], [200, { error: 'no' }], [200, {}]
  ]
  for (const [status, body] of bodies) {
    const { event, methods } = await failureAt(t, status, body, ['events', 'poll'])
    t.match(event, { state: 'connecting', failure: { reason: 'link', code: status } }, JSON.stringify(body))
    t.strictSame(methods, ['POST', 'POST'], 'both were tried')
  }
})

t.test('takes an error of the protocol for the answer that it is, whatever its status', async (t) => {
  const { event, methods } = await failureAt(t, 503, { jsonrpc: '2.0', id: '$auth', error: { code: -7001, message: 'Service Unavailable', data: { retryAfterMs: 10 } } }, ['events', 'poll'])
  t.match(event.failure, { reason: 'refused', code: -7001, retryAfterMs: 10 })
  t.strictSame(methods, ['POST'])
})

t.test('says why a WebSocket could not be had, where the runtime tells', async (t) => {
  const { event } = await failureAt(t, 404, '', ['websocket'])
  t.match(event.failure, { reason: 'link', code: 1006, cause: { message: 'Unexpected server response: 404' } })
})
