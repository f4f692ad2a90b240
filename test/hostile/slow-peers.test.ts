/** Peers that say nothing, read nothing, or are gone without a word. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { Session } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { FaultProxy } from '../helpers/fault-proxy.ts'
import { OPCODES, RawClient, frame, handshake, join, openRaw, startApp } from '../helpers/websocket-client.ts'
import { websocketWire } from '../matrix/wires.ts'
import { makeToken } from '../helpers/tokens.ts'
import { type HttpCaller, type Stream, openHttpCaller } from './http-caller.ts'
import { standBy } from './witness.ts'

const NEVER_MS = 1e12

/** An app whose time the test moves, and the server's ends of its connections. */
async function frozen (t: Test, options: Parameters<typeof startApp>[1] = {}): Promise<{ app: FastifyInstance, clock: FakeClock, sockets: Socket[] }> {
  const clock = new FakeClock(Date.now())
  const app = await startApp(t, { clock, drainTimeoutMs: 0, ...options }, { fastify: { forceCloseConnections: true } })
  const sockets: Socket[] = []
  app.server.on('connection', (socket: Socket) => { sockets.push(socket) })
  return { app, clock, sockets }
}

const until = async (isSo: () => boolean): Promise<void> => { while (!isSo()) await new Promise(setImmediate) }

t.test('49 whoever shakes hands and never authenticates is closed with 4501 after 10 s, however busy it is', async (t) => {
  const { app, clock } = await frozen(t, { pingIntervalMs: NEVER_MS })
  const isUnharmed = await standBy(t, app)
  const text = (method: string, id: number | null = null): Buffer => frame(OPCODES.text, JSON.stringify({ jsonrpc: '2.0', id, method, params: { token: 'x', version: '1.0' } }))
  const busy: ReadonlyArray<readonly [string, Buffer[]]> = [
    ['silent', []], ['pings', [frame(OPCODES.ping), frame(OPCODES.ping, 'x')]], ['pongs', [frame(OPCODES.pong), frame(OPCODES.pong)]],
    ['an unfinished message', [frame(OPCODES.text, '{"jsonrpc"', { fin: false }), frame(OPCODES.continuation, ':', { fin: false })]],
    ['half a frame', [frame(OPCODES.text, 'x'.repeat(1_000)).subarray(0, 500)]], ['calls', [text('ping', 1), text('start', 2)]], ['notifications', [text('disconnect'), text('chat')]],
    ['garbage', [frame(OPCODES.text, '{'), frame(OPCODES.binary, '\u0000')]], ['refused tokens', [text('auth', 1), text('auth', 2), text('auth', 3), text('auth', 4)]]
  ]
  const raws: Array<readonly [string, RawClient]> = []
  for (let round = 0; round < 10; round++) {
    for (const [name, frames] of busy) {
      const raw = await openRaw(app, { stays: true })
      t.teardown(() => raw.socket.destroy())
      raw.write(...frames)
      raws.push([name, raw])
    }
  }
  clock.advance(9_999)
  await until(() => app.mse.openLinks === 91)
  clock.advance(1)
  t.equal(app.mse.openLinks, 1, 'none of them is kept')
  for (const [name, raw] of raws) {
    const code = await raw.closeCode()
    if (code !== 4501) t.fail(`${name}: ${code}`)
  }
  // None of them answers the close frame.
  clock.advance(1_000)
  await Promise.all(raws.map(async ([, raw]) => raw.closed))
  await isUnharmed()
})

/** Sends until the link is let go of, or until bytes have to wait. @returns how many, and what was held at the most */
async function flood ({ session, tell }: HttpCaller, sockets: readonly Socket[], isDone: () => boolean): Promise<{ sent: number, most: number }> {
  let sent = 0
  let most = 0
  while (!isDone()) {
    tell(`${++sent} ${'x'.repeat(16_000)}`)
    await new Promise(setImmediate)
    most = Math.max(most, session.record.outbox.bytes + Math.max(...sockets.map(({ writableLength }) => writableLength)))
    if (sent > 5_000) throw new Error('there is no limit')
  }
  return { sent, most }
}

const numberOf = (data: string): number => Number(/"message":"(\d+) /.exec(data)?.[1])

t.test('51 a stream that nobody reads is ended at its limit; whoever acknowledges goes on with everything', async (t) => {
  const { app, sockets } = await frozen(t)
  const isUnharmed = await standBy(t, app)
  const caller = await openHttpCaller(app)
  const { session, epoch } = caller
  t.equal((await caller.post('{"jsonrpc":"2.0","method":"$/ack"}', { 'mse-ack': '0' })).status, 200)
  const slow = await caller.stream()
  const { sent, most } = await flood(caller, sockets, () => session.transport === 'none')
  t.ok(most < 2 * 1_048_576, `${most} bytes were held at the most`)
  t.equal(session.ended, null, 'the session stays')
  slow.leave()
  const again = await caller.stream({ 'last-event-id': `${epoch}.0` })
  t.match(await again.next(), { event: 'open', id: `${epoch}.0`, data: /"resumed":true/ })
  const numbers: number[] = []
  while (numbers.length < sent) {
    const event = await again.next()
    if (event?.event === 'message') numbers.push(numberOf(event.data))
    if (numbers.length % 8 === 0) session.acknowledge(numbers.length)
  }
  t.strictSame(numbers, Array.from({ length: sent }, (_, index) => index + 1), 'in order and once')
  again.leave()
  session.end({ code: 1000, text: '' })
  await isUnharmed()
})

t.test('51 whoever does not acknowledge is told that there is a gap, and goes on behind it', async (t) => {
  const { app, clock, sockets } = await frozen(t)
  const isUnharmed = await standBy(t, app)
  const caller = await openHttpCaller(app)
  const { session, epoch } = caller
  const slow = await caller.stream()
  const end = sockets.at(-1)
  const { sent, most } = await flood(caller, sockets, () => session.transport === 'none')
  t.ok(most < 2 * 1_048_576, `${most} bytes were held at the most`)
  t.equal(end?.destroyed, false, 'the last bytes have a second to leave')
  clock.advance(1_000)
  await until(() => end?.destroyed === true)
  slow.leave()
  const again = await caller.stream({ 'last-event-id': `${epoch}.1` })
  const opened = await again.next()
  t.match(opened?.data, /"resumed":false/)
  t.match(await again.next(), { event: 'reset', data: '{"reason":"gap"}' })
  const from = Number(opened?.id?.split('.')[1])
  for (let number = from + 1; number <= sent; number++) {
    const event = await again.next()
    if (event?.id !== `${epoch}.${number}` || numberOf(event.data) !== number) t.fail(`${event?.id} instead of ${number}`)
  }
  t.ok(from > 1 && from < sent)
  again.leave()
  session.end({ code: 1000, text: '' })
  await isUnharmed()
})

// The times are those of PROTOCOL.md: a ping every 20 s give or take 10 %, dead 10 s later.
t.test('52 a WebSocket whose client is gone without a word is noticed by its missing pong, and its session ends with its window', async (t) => {
  const { app, clock, sockets } = await frozen(t)
  const isUnharmed = await standBy(t, app)
  const halfOpen = { seed: 52, faults: ['halfOpen'], minBytes: 1_200, maxBytes: 1_200 } as const
  const proxy = await new FaultProxy({ port: (app.server.address() as { port: number }).port, ...halfOpen }).listen()
  t.teardown(() => proxy.close())
  const sessions: Session[] = []
  app.mse.on('session', ({ session }) => { sessions.push(session) })
  for (const protocols of [['mse.v1.resume'], ['mse.v1']]) {
    const wire = await websocketWire(`ws://127.0.0.1:${proxy.port}/mse`, protocols)
    wire.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken(), version: '1.0' } }))
    t.match(await wire.next(), /authenticated/)
    for (let id = 0; proxy.broken.halfOpen <= sessions.length - 1; id++) {
      wire.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' }))
      await wire.next()
    }
  }
  const [resumable, plain] = sessions as [Session, Session]
  t.strictSame(sessions.map(({ transport }) => transport), ['websocket', 'websocket'], 'the server knows nothing of it yet')
  const servers = sockets.slice(1)
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000)
      await isUnharmed.answers()
    }
  }
  await pass(27)
  t.strictSame(sessions.map(({ transport }) => transport), ['websocket', 'websocket'])
  await pass(5)
  t.strictSame([resumable.transport, resumable.ended, plain.ended?.code], ['none', null, 4001])
  await pass(1)
  await until(() => servers.every(({ destroyed }) => destroyed))
  await pass(59)
  t.equal(resumable.ended?.code, 1000)
  t.strictSame([...app.mse.sessions.values()].map(({ identity }) => identity?.userId).filter((userId) => userId === 'ada'), [])
  await isUnharmed()
})

t.test('52 a stream whose client is gone is noticed when what is for it does not leave, a poll at its end', async (t) => {
  const { app, clock, sockets } = await frozen(t, { pingIntervalMs: NEVER_MS })
  const isUnharmed = await standBy(t, app)
  const callers: HttpCaller[] = []
  for (const userId of ['ada', 'bob', 'cid']) callers.push(await openHttpCaller(app, { userId }))
  const [waiting, quiet, polling] = callers as [HttpCaller, HttpCaller, HttpCaller]
  const streams: Stream[] = []
  for (const caller of [waiting, quiet]) {
    streams.push(await caller.stream())
    // The kernel takes a lot, heartbeats for weeks among it, and nothing tells that it stays there: what does not fit in is what tells.
    const [end] = sockets.slice(-1)
    await flood(caller, sockets, () => (end?.writableLength ?? 0) > 65_536)
  }
  const poll = polling.get({ accept: 'application/json' })
  await until(() => polling.session.transport === 'poll')
  waiting.tell('held back')
  const transports = (): string[] => callers.map(({ session }) => session.transport)
  clock.advance(9_999)
  t.strictSame(transports(), ['events', 'events', 'poll'])
  clock.advance(1)
  t.strictSame(transports(), ['none', 'events', 'poll'], '10 s without progress')
  clock.advance(15_000)
  t.strictSame(transports(), ['none', 'events', 'none'], '25 s without a message')
  t.equal((await poll).status, 204)
  clock.advance(5_000)
  t.strictSame(transports(), ['none', 'none', 'none'], 'nothing left between two heartbeats')
  t.strictSame(callers.map(({ session }) => session.ended), [null, null, null])
  clock.advance(60_000)
  t.strictSame(callers.map(({ session }) => session.ended?.code), [1000, 1000, 1000], 'and each window is over')
  for (const stream of streams) stream.leave()
  await isUnharmed()
})

t.test('52 a stream that is read, however slowly, is not ended by its heartbeat', async (t) => {
  const { app, clock, sockets } = await frozen(t, { pingIntervalMs: NEVER_MS })
  const isUnharmed = await standBy(t, app)
  const caller = await openHttpCaller(app)
  const stream = await caller.stream()
  const [end] = sockets.slice(-1)
  await flood(caller, sockets, () => (end?.writableLength ?? 0) > 65_536)
  clock.advance(15_000)
  while ((end?.writableLength ?? 0) > 0) await stream.next()
  await flood(caller, sockets, () => (end?.writableLength ?? 0) > 65_536)
  clock.advance(15_000)
  t.equal(caller.session.transport, 'events')
  stream.leave()
  caller.session.end({ code: 1000, text: '' })
  await isUnharmed()
})

t.test('52 a handshake or a request whose peer vanishes midway leaves nothing', async (t) => {
  const { app } = await frozen(t, { pingIntervalMs: NEVER_MS })
  const isUnharmed = await standBy(t, app)
  for (let count = 0; count < 50; count++) {
    const raw = new RawClient(app)
    await once(raw.socket, 'connect')
    raw.write(handshake(app).slice(0, 40 + count * 3))
    raw.socket.resetAndDestroy()
    await raw.closed
  }
  const members = await Promise.all(Array.from({ length: 15 }, () => join(app, { userId: 'ada' })))
  for (const { socket } of members) (socket as unknown as { _socket: Socket })._socket.resetAndDestroy()
  await isUnharmed()
})
