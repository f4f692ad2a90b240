import { once } from 'node:events'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { JSONRPCClient, JSONRPCServer, JSONRPCServerAndClient } from 'json-rpc-2.0'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { defineMethod } from '../../index.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { join, portOf, startApp } from '../helpers/websocket-client.ts'
import { makeToken } from '../helpers/tokens.ts'

const Add = defineMethod({ name: 'add', after: ['auth'], params: Type.Object({ a: Type.Number(), b: Type.Number() }), result: Type.Number() })

interface Peer {
  readonly socket: WebSocket
  readonly rpc: JSONRPCServerAndClient
  /** The next call of a method that the server makes. */
  heard (method: string): Promise<unknown>
}

/** As in its README: requests and notifications over one socket. */
async function connect (t: Test, app: FastifyInstance): Promise<Peer> {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}/mse`)
  t.teardown(() => socket.terminate())
  const send = (message: unknown): void => socket.send(JSON.stringify(message))
  const rpc = new JSONRPCServerAndClient(new JSONRPCServer(), new JSONRPCClient(async (message) => send(message)))
  socket.on('message', (data: Buffer) => { rpc.receiveAndSend(JSON.parse(data.toString()) as object).catch((error: unknown) => t.fail(String(error))) })
  await once(socket, 'open')
  return { socket, rpc, heard: (method) => new Promise((resolve) => { rpc.addMethod(method, (params: unknown) => { resolve(params) }) }) }
}

for (const notificationId of ['null', 'omit'] as const) {
  t.test(`drives the whole protocol while the server writes the id of notifications as ${notificationId}`, async (t) => {
    const engine = new RecordingEngine()
    const app = await startApp(t, { engine, notificationId, environment: 'development' }, { after: (app) => app.mse.method(Add, ({ a, b }) => a + b) })
    const { rpc, socket, heard } = await connect(t, app)

    t.equal(await rpc.request('ping', undefined), 'pong')
    await t.rejects(Promise.resolve(rpc.request('start', undefined)), { code: -5001, message: 'Unauthorized Access' })
    await t.rejects(Promise.resolve(rpc.request('auth', { token: 'none', version: '1.0' })), { code: -4001 })
    t.equal(await rpc.request('auth', { token: makeToken(), version: '1.0' }), 'authenticated')
    t.match(await rpc.request('whoami', undefined), { userId: 'ada', roomId: 'lobby' })
    t.equal(await rpc.request('start', undefined), 'started')
    t.equal(await rpc.request('add', { a: 2, b: 3 }), 5)
    await t.rejects(Promise.resolve(rpc.request('add', { a: 'two', b: 3 })), { code: -32602, data: { path: '/a' } })
    await t.rejects(Promise.resolve(rpc.request('rpc.discover', undefined)), { code: -32601 })

    const bob = await join(app, { userId: 'bob' })
    rpc.notify('chat', { to: [], message: 'hello' })
    t.match(await bob.next(), { method: 'chat', params: { from: 'ada', message: 'hello' } })
    const chat = heard('chat')
    bob.send({ method: 'chat', jsonrpc: '2.0', params: { to: ['ada'], message: 'hello yourself' } })
    t.match(await chat, { from: 'bob', message: 'hello yourself' })

    rpc.notify('iceCandidate', { candidate: '' })
    t.equal(await rpc.request('ping', undefined), 'pong')
    t.match(engine.peers, [{ candidates: [{ candidate: '' }] }])

    // With an id of null it takes a notification for a request, and answers it: nobody asked, so that is dropped and counted.
    t.equal(await rpc.request('ping', undefined), 'pong')
    t.equal(app.mse.counters.strayResponses, notificationId === 'null' ? 1 : 0)
    t.equal(app.mse.counters.errors, 4)

    const closed = once(socket, 'close')
    rpc.notify('disconnect', undefined)
    t.match(await closed, [1000])
  })
}

t.test('gets the answers of a batch in order', async (t) => {
  const app = await startApp(t, { engine: new RecordingEngine() })
  const { rpc } = await connect(t, app)
  const request = (id: number, method: string, params?: object) => ({ jsonrpc: '2.0' as const, id, method, params })
  const answers = await rpc.client.requestAdvanced([
    request(1, 'auth', { token: makeToken(), version: '1.0' }), request(2, 'start'), request(3, 'sdpOffer', { offer: 'v=0' })
  ])
  t.strictSame(answers.map(({ id, result }) => [id, result]), [[1, 'authenticated'], [2, 'started'], [3, null]])
})
