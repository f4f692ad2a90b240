/** Closing an app on whose port somebody has connected and said nothing. */
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { portOf, startApp } from '../helpers/websocket-client.ts'

/** TLS by a shared key needs no certificate. */
const KEY = Buffer.from('a key of the test')
const PSK = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const

/** A connection that both ends know of. */
async function dial (t: Test, app: FastifyInstance): Promise<Socket> {
  const accepted = once(app.server, 'connection')
  const socket = connect({ host: '127.0.0.1', port: portOf(app) })
  t.teardown(() => socket.destroy())
  socket.on('error', () => {}).resume()
  await accepted
  return socket
}

t.test('does not wait for a connection on which nothing ever came', async (t) => {
  const app = await startApp(t)
  const [silent, other] = [await dial(t, app), await dial(t, app)]
  const gone = [silent, other].map((socket) => once(socket, 'close'))
  await app.close()
  await Promise.all(gone)
  t.notOk(app.server.listening)
})

t.test('does not wait for one that stopped before its TLS handshake, or after it', async (t) => {
  const app = await startApp(t, {}, { fastify: { https: { ...PSK, pskCallback: () => KEY } } as object })
  const raw = await dial(t, app)
  const secured = once(app.server, 'secureConnection')
  const silent = connectTls({ host: '127.0.0.1', port: portOf(app), ...PSK, pskCallback: () => ({ psk: KEY, identity: 'ada' }), checkServerIdentity: () => undefined })
  t.teardown(() => silent.destroy())
  silent.on('error', () => {}).resume()
  await Promise.all([secured, once(silent, 'secureConnect')])
  const gone = [raw, silent].map((socket) => once(socket, 'close'))
  await app.close()
  await Promise.all(gone)
  t.notOk(app.server.listening)
})

t.test('answers who has asked already, and who is asking', async (t) => {
  const calls: Array<() => void> = []
  const app = await startApp(t, {}, { before: (app) => app.get('/slow', () => new Promise((resolve) => { calls.push(() => resolve('done')) })) })
  const busy = await dial(t, app)
  busy.write('GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  while (calls.length === 0) await new Promise(setImmediate)
  const accepted = once(app.server, 'connection')
  const asking = await dial(t, app)
  const [end] = await accepted as [Socket]
  asking.write('GET /mse HTTP/1.1\r\n')
  while (end.bytesRead === 0) await new Promise(setImmediate)
  const closed = app.close()
  while (app.server.listening) await new Promise(setImmediate)
  const answers = [asking, busy].map((socket) => once(socket, 'data'))
  asking.write('Host: 127.0.0.1\r\nConnection: close\r\n\r\n')
  t.match(String(await answers[0]), /^HTTP\/1.1 503 /)
  calls[0]?.()
  t.match(String(await answers[1]), /^HTTP\/1.1 200 [^]*done$/)
  busy.destroy()
  await closed
})
