import fastifyWebsocket from '@fastify/websocket'
import t from 'tap'
import { Chat, type MseEvents, defineMethod } from '../../index.ts'
import { type RawClient, OPCODES, frame, handshake, join, open, openRaw, RawClient as Raw, startApp, watchConnections } from '../helpers/websocket-client.ts'
import { makeToken } from '../helpers/tokens.ts'

const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
const PONG = '{"id":1,"jsonrpc":"2.0","result":"pong"}'
const AUTH = (): string => JSON.stringify({ id: 2, method: 'auth', jsonrpc: '2.0', params: { token: makeToken(), version: '1.0' } })

/** A ping of so many bytes. */
function ping (bytes: number): string {
  const empty = '{"id":1,"method":"ping","jsonrpc":"2.0","pad":""}'
  return empty.replace('""}', `"${'x'.repeat(bytes - empty.length)}"}`)
}

async function authenticated (raw: RawClient): Promise<RawClient> {
  raw.write(frame(OPCODES.text, AUTH()))
  await raw.frame()
  return raw
}

async function hears (raw: RawClient): Promise<string> {
  return (await raw.frame()).payload.toString()
}

t.test('loses no message that comes in the packet of the handshake', async (t) => {
  const app = await startApp(t, {}, { before: (app) => app.addHook('preValidation', () => new Promise((resolve) => { setImmediate(resolve) })) })
  const raw = new Raw(app)
  raw.write(handshake(app), frame(OPCODES.text, AUTH()), frame(OPCODES.text, PING))
  t.match(await raw.head(), /^HTTP\/1.1 101 /)
  t.match(await hears(raw), '"authenticated"')
  t.equal(await hears(raw), PONG)
  raw.socket.destroy()
})

t.test('reads binary frames as UTF-8', async (t) => {
  const app = await startApp(t)
  const client = await open(app)
  client.send(Buffer.from(PING))
  t.match(await client.next(), { id: 1, result: 'pong' })
  client.send(Buffer.from([0x22, 0xff, 0x22]))
  t.match(await client.next(), { id: null, error: { code: -32700 } })
  client.send(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(PING)]))
  t.match(await client.next(), { id: null, error: { code: -32700 } })
  client.send(Buffer.alloc(0))
  t.match(await client.next(), { id: null, error: { code: -32700 } })
  t.match(await client.call('ping'), { result: 'pong' })
})

t.test('reads a message that comes in fragments, with a ping between them', async (t) => {
  const app = await startApp(t)
  const raw = await openRaw(app)
  raw.write(
    frame(OPCODES.text, PING.slice(0, 10), { fin: false }), frame(OPCODES.ping, 'alive?'),
    frame(OPCODES.continuation, PING.slice(10, 20), { fin: false }), frame(OPCODES.continuation, PING.slice(20))
  )
  t.match(await raw.frame(), { opcode: OPCODES.pong, payload: Buffer.from('alive?') })
  t.equal(await hears(raw), PONG)
  raw.socket.destroy()
})

t.test('has limits on the size of a message, before and after authentication', async (t) => {
  const app = await startApp(t)
  const before = await open(app)
  before.send(ping(16_384))
  t.match(await before.next(), { result: 'pong' })
  before.send(ping(16_385))
  t.match(await before.closed, { code: 1009, reason: 'tooBig' })
  const after = await join(app)
  after.send(ping(262_144))
  t.match(await after.next(), { result: 'pong' })
  after.send(ping(262_145))
  t.match(await after.closed, { code: 1009 })
  t.equal(app.mse.openLinks, 0)
})

/** What a peer sends, and the code that it is closed with. */
const BREACHES: ReadonlyArray<readonly [string, number, Buffer]> = [
  ['text that is not UTF-8', 1007, frame(OPCODES.text, Buffer.from([0x22, 0xff, 0x22]))],
  ['the first reserved bit', 1002, frame(OPCODES.text, PING, { rsv: 4 })],
  ['the other reserved bits', 1002, frame(OPCODES.text, PING, { rsv: 3 })],
  ['a frame without mask', 1002, frame(OPCODES.text, PING, { masked: false })],
  ['a reserved opcode', 1002, frame(3, PING)],
  ['a reserved control opcode', 1002, frame(11)],
  ['a control frame in fragments', 1002, frame(OPCODES.ping, '', { fin: false })],
  ['a control frame of 126 bytes', 1002, frame(OPCODES.ping, 'x'.repeat(126))],
  ['a continuation of nothing', 1002, frame(OPCODES.continuation, PING)],
  ['a new message within another', 1002, Buffer.concat([frame(OPCODES.text, 'x', { fin: false }), frame(OPCODES.text, PING)])],
  ['a close frame of 1 byte', 1002, frame(OPCODES.close, 'x')],
  ['the close code 999', 1002, frame(OPCODES.close, Buffer.from([3, 231]))],
  ['the close code 1005', 1002, frame(OPCODES.close, Buffer.from([3, 237]))],
  ['the close code 5000', 1002, frame(OPCODES.close, Buffer.from([19, 136]))],
  ['1,000 empty fragments', 1008, Buffer.concat([frame(OPCODES.text, '', { fin: false }), ...Array.from({ length: 999 }, () => frame(OPCODES.continuation, '', { fin: false }))])],
  ['65 fragments of one byte', 1008, Buffer.concat([frame(OPCODES.text, 'x', { fin: false }), ...Array.from({ length: 64 }, () => frame(OPCODES.continuation, 'x', { fin: false }))])],
  ['a message that never ends', 1009, Buffer.concat([frame(OPCODES.text, 'x'.repeat(200_000), { fin: false }), frame(OPCODES.continuation, 'x'.repeat(100_000), { fin: false })])],
  ['a frame that announces 2 GiB', 1009, Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0])],
  ['a frame that announces 2^63 bytes', 1009, Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])]
]

for (const [what, code, bytes] of BREACHES) {
  t.test(`closes with ${code} for ${what}, and the socket is gone although the peer never answers`, async (t) => {
    const app = await startApp(t, { closeTimeoutMs: 20 })
    const gone = watchConnections(app)
    const ended: Array<MseEvents['ended']> = []
    app.mse.on('ended', (event) => { ended.push(event) })
    const raw = await authenticated(await openRaw(app, { stays: true }))
    t.teardown(() => raw.socket.destroy())
    raw.write(bytes)
    t.equal(await raw.closeCode(), code)
    t.equal(app.mse.openLinks, 0, 'the session did not wait for the socket')
    t.match(ended, [{ reason: { code: code === 1009 ? 1009 : 4500, text: /^WS_ERR_/ } }])
    await gone()
  })
}

t.test('ends the socket of a peer that breaks the rules on the server of the host too', async (t) => {
  const app = await startApp(t, { closeTimeoutMs: 20 }, { before: (app) => app.register(fastifyWebsocket) })
  const gone = watchConnections(app)
  const raw = await openRaw(app, { stays: true })
  t.teardown(() => raw.socket.destroy())
  raw.write(frame(OPCODES.text, PING, { masked: false }))
  t.equal(await raw.closeCode(), 1002)
  await gone()
})

t.test('takes a broken frame for news of a client, not for an error of the app', async (t) => {
  const levels: number[] = []
  const stream = { write: (line: string) => { levels.push((JSON.parse(line) as { level: number }).level) } }
  const app = await startApp(t, {}, { fastify: { logger: { stream } } })
  const raw = await openRaw(app)
  raw.write(frame(OPCODES.text, PING, { masked: false }))
  t.equal(await raw.closeCode(), 1002)
  await raw.closed
  t.notOk(levels.some((level) => level > 30))
})

t.test('ignores what comes after its close frame', async (t) => {
  const app = await startApp(t)
  const raw = await authenticated(await openRaw(app))
  raw.write(frame(OPCODES.text, '{"id":3,"method":"disconnect","jsonrpc":"2.0"}'), frame(OPCODES.text, PING), frame(OPCODES.text, PING))
  t.match(await hears(raw), '"id":3')
  t.equal((await raw.frame()).opcode, OPCODES.close)
  raw.write(frame(OPCODES.text, PING), frame(OPCODES.close, Buffer.from([3, 232])), frame(OPCODES.close, Buffer.from([3, 232])))
  await raw.closed
  t.equal(app.mse.counters.errors, 0)
  t.equal(app.mse.openLinks, 0)
})

t.test('survives 2,000 pings at once', async (t) => {
  const app = await startApp(t)
  const gone = watchConnections(app)
  const other = await join(app, { userId: 'bob' })
  const raw = await authenticated(await openRaw(app))
  raw.write(...Array.from({ length: 2_000 }, () => frame(OPCODES.ping)))
  await raw.closed
  raw.socket.destroy()
  t.match(await other.call('ping'), { result: 'pong' })
  await other.close()
  await gone()
  t.equal(app.mse.openLinks, 0)
})

t.test('closes a peer that does not read, and lets it go without its answer', async (t) => {
  const app = await startApp(t, { maxBufferedBytes: 65_536, closeTimeoutMs: 20 })
  const gone = watchConnections(app)
  const raw = await authenticated(await openRaw(app, { stays: true }))
  t.teardown(() => raw.socket.destroy())
  raw.socket.pause()
  const other = await join(app, { userId: 'bob' })
  const ended = new Promise<MseEvents['ended']>((resolve) => { app.mse.on('ended', resolve) })
  const [session] = app.mse.room('lobby').sessions
  const attachment = 'x'.repeat(100_000)
  // The kernel takes some megabytes for itself first.
  for (let sent = 0; session?.ended === null && sent < 1_000; sent++) {
    app.mse.room('lobby').notify(Chat, { to: [], message: '', attachment }, { users: ['ada'] })
    if (sent % 10 === 0) await new Promise((resolve) => { setImmediate(resolve) })
  }
  t.match(await ended, { session, reason: { code: 4000 } })
  t.match(await other.call('ping'), { result: 'pong' })
  await other.close()
  await gone()
})

t.test('answers -32603 to whatever a handler throws, and rejects nothing on its own', async (t) => {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => { unhandled.push(error) }
  process.on('unhandledRejection', note).on('uncaughtExceptionMonitor', note)
  t.teardown(() => process.off('unhandledRejection', note).off('uncaughtExceptionMonitor', note))
  const app = await startApp(t)
  const throwing: Record<string, () => unknown> = {
    throws: () => { throw new Error('secret detail') },
    throwsNull: () => { const nothing: unknown = null; throw nothing },
    rejects: async () => { throw new Error('secret detail') },
    rejectsLate: () => new Promise((_resolve, reject) => { setImmediate(() => reject(new Error('secret detail'))) }),
    circular: () => { const value: Record<string, unknown> = {}; value['self'] = value; return value },
    bigint: () => 1n
  }
  for (const [name, handler] of Object.entries(throwing)) app.mse.method(defineMethod({ name }), handler as never)
  const client = await join(app)
  for (const name of Object.keys(throwing)) {
    const answer = await client.call(name)
    t.match(answer, { error: { code: -32603, message: 'Internal error' } })
    t.notMatch(JSON.stringify(answer), 'secret')
    client.send({ method: name, jsonrpc: '2.0' })
  }
  t.match(await client.call('ping'), { result: 'pong' })
  await client.close()
  t.strictSame(unhandled, [])
})

t.test('closes with 1011 where even the core fails, and the others go on', async (t) => {
  const app = await startApp(t)
  const other = await join(app, { userId: 'bob' })
  app.mse.on('session', ({ session }) => { session.receiveDecoded = () => { throw new Error('a bug') } })
  const client = await join(app)
  client.send(PING)
  t.match(await client.closed, { code: 1011 })
  t.match(await other.call('ping'), { result: 'pong' })
  t.equal(app.mse.openLinks, 1)
})

t.test('forgets a peer that leaves without a word', async (t) => {
  const app = await startApp(t)
  const ended = new Promise<MseEvents['ended']>((resolve) => { app.mse.on('ended', resolve) })
  const raw = await authenticated(await openRaw(app))
  raw.write(frame(OPCODES.text, PING, { fin: false }))
  raw.socket.resetAndDestroy()
  t.match(await ended, { reason: { code: 1000, text: 'the peer is gone' } })
  t.equal(app.mse.sessions.size, 0)
})
