import { once } from 'node:events'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { Client } from 'rpc-websockets'
import t, { type Test } from 'tap'
import { Chat, defineMethod } from '../../index.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { join, portOf, startApp } from '../helpers/websocket-client.ts'
import { makeToken } from '../helpers/tokens.ts'

const Add = defineMethod({ name: 'add', after: ['auth'], params: Type.Object({ a: Type.Number(), b: Type.Number() }), result: Type.Number() })

async function connect (t: Test, app: FastifyInstance): Promise<Client> {
  const client = new Client(`ws://127.0.0.1:${portOf(app)}/mse`, { reconnect: false })
  t.teardown(() => client.close())
  await once(client as never, 'open')
  return client
}

// Either form is understood: it looks at `method` once the id is none that it waits for.
for (const notificationId of ['null', 'omit'] as const) {
  t.test(`drives the whole protocol while the server writes the id of notifications as ${notificationId}`, async (t) => {
    const engine = new RecordingEngine()
    const app = await startApp(t, { engine, notificationId, environment: 'development' }, { after: (app) => app.mse.method(Add, ({ a, b }) => a + b) })
    const client = await connect(t, app)

    t.equal(await client.call('ping'), 'pong')
    await t.rejects(client.call('start'), { code: -5001, message: 'Unauthorized Access' })
    await t.rejects(client.call('auth', { token: 'none', version: '1.0' }), { code: -4001, message: 'Authorization Failed' })
    t.equal(await client.call('auth', { token: makeToken(), version: '1.0' }), 'authenticated')
    t.match(await client.call('whoami'), { userId: 'ada', roomId: 'lobby', role: 'user', ipAddress: '127.0.0.1' })
    t.equal(await client.call('start'), 'started')
    t.equal(await client.call('add', { a: 2, b: 3 }), 5)
    await t.rejects(client.call('add', { a: 2 }), { code: -32602, data: { path: '/b' } })
    await t.rejects(client.call('login'), { code: -32601, message: 'Method not found' })

    await client.notify('sdpOffer', { offer: 'v=0' })
    t.equal(await client.call('ping'), 'pong')
    t.match(engine.peers, [{ descriptions: [{ sdp: 'v=0' }] }])
    const answered = once(client as never, 'sdpOffer')
    engine.peers[0]?.context.sendDescription({ type: 'answer', sdp: 'v=0 too' })
    t.strictSame(await answered, [{ offer: 'v=0 too' }])

    const bob = await join(app, { userId: 'bob' })
    await client.notify('chat', { to: ['bob'], message: 'hello' })
    t.match(await bob.next(), { method: 'chat', params: { from: 'ada', message: 'hello' } })
    const heard = once(client as never, 'chat')
    bob.send({ method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'hello yourself' } })
    t.strictSame(await heard, [{ to: [], message: 'hello yourself', from: 'bob' }])
    const told = once(client as never, 'chat')
    app.mse.room('lobby').notify(Chat, { to: [], message: 'from the app' })
    t.match(await told, [{ message: 'from the app' }])

    const left = once(client as never, 'close')
    await client.notify('disconnect')
    t.strictSame(await left, [1000, 'ended'])
  })
}

t.test('comes back by itself after the server was replaced', async (t) => {
  const app = await startApp(t)
  const client = new Client(`ws://127.0.0.1:${portOf(app)}/mse`, { reconnect_interval: 1 })
  t.teardown(() => {
    client.setAutoReconnect(false)
    client.close()
  })
  await once(client as never, 'open')
  const [session] = await Promise.all([
    new Promise<{ end (reason: { code: number, text: string }): void }>((resolve) => { app.mse.on('session', ({ session }) => resolve(session)) }),
    client.call('auth', { token: makeToken(), version: '1.0' })
  ])
  const back = once(client as never, 'open')
  session.end({ code: 1012, text: 'drain' })
  await back
  t.equal(await client.call('auth', { token: makeToken(), version: '1.0' }), 'authenticated')
})
