import dns from 'node:dns'
import dgram from 'node:dgram'
import t from 'tap'
import { Message, classes, methods, parseMessage } from 'werift'
import type { Description, MediaEngine } from '../../../lib/media/engine.ts'
import { parseSdp } from '../../../lib/media/sdp.ts'
import type { SdpMedia } from '../../../lib/media/sdp.ts'
import { weriftEngine } from '../../../lib/media/werift/index.ts'
import type { WeriftEngineOptions } from '../../../lib/media/werift/index.ts'
import { systemClock } from '../../../lib/util/clock.ts'
import { silentLogger } from '../../../lib/util/logger.ts'
import { NodeClient, until } from './node-client.ts'

interface Teardown { teardown (task: () => Promise<unknown>): void }

async function open (t: Teardown, options: WeriftEngineOptions = {}): Promise<MediaEngine> {
  const engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'], viewerAfterMs: 0, ...options })
  await engine.open?.({ clock: systemClock, log: silentLogger })
  t.teardown(() => engine.close())
  return engine
}

async function client (t: Teardown, engine: MediaEngine, userId: string): Promise<NodeClient> {
  const one = await new NodeClient(userId).join(engine, 'r')
  t.teardown(() => one.close())
  return one
}

const offersOf = (one: NodeClient): string[] => one.descriptions.filter(({ type }) => type === 'offer').map(({ sdp }) => sdp)
const linesOf = (sdp: string | undefined): readonly SdpMedia[] => parseSdp(sdp ?? '')?.media ?? []

t.test('an m-line whose track has gone is inactive with port 9 and stays in the bundle; every offer says actpass', async (t) => {
  const engine = await open(t)
  const [ann, bob] = [await client(t, engine, 'ann'), await client(t, engine, 'bob')]
  await ann.publish()
  await until('bob is offered', () => offersOf(bob).length === 1)
  await ann.close()
  await until('bob is offered again', () => offersOf(bob).length === 2)
  const [first, second] = offersOf(bob)
  t.strictSame(linesOf(second).map(({ port, direction, setup }) => ({ port, direction, setup })), [
    { port: 9, direction: 'inactive', setup: 'actpass' }, { port: 9, direction: 'inactive', setup: 'actpass' }
  ])
  t.strictSame(parseSdp(second ?? '')?.bundle, ['0', '1'])
  const origin = (sdp: string | undefined): string[] => /^o=- (\d+) (\d+)/m.exec(sdp ?? '')?.slice(1) ?? []
  t.equal(origin(first)[0], origin(second)[0], 'it is one session')
  t.equal(Number(origin(second)[1]), Number(origin(first)[1]) + 1)
})

t.test('an inactive m-line is used again for its own kind only', async (t) => {
  const engine = await open(t)
  const [ann, bob, cy] = [await client(t, engine, 'ann'), await client(t, engine, 'bob'), await client(t, engine, 'cy')]
  await ann.publish(['audio'])
  await until('bob is offered', () => offersOf(bob).length === 1)
  await ann.close()
  await until('bob is offered again', () => offersOf(bob).length === 2)
  await cy.publish(['video'])
  await until('bob is offered once more', () => offersOf(bob).length === 3)
  t.strictSame(linesOf(offersOf(bob)[2]).map(({ kind, direction }) => [kind, direction]), [['audio', 'inactive'], ['video', 'sendonly']])
  const dan = await client(t, engine, 'dan')
  await dan.publish(['audio'])
  await until('bob is offered a last time', () => offersOf(bob).length === 4)
  t.strictSame(linesOf(offersOf(bob)[3]).map(({ kind, direction }) => [kind, direction]), [['audio', 'sendonly'], ['video', 'sendonly']])
  const ssrcs = [0, 3].map((n) => linesOf(offersOf(bob)[n])[0]?.ssrcs[0])
  t.not(ssrcs[0], ssrcs[1], 'with a stream of its own')
})

t.test('congestion control over the transport is not offered, REMB is', async (t) => {
  const engine = await open(t)
  const [ann, bob] = [await client(t, engine, 'ann'), await client(t, engine, 'bob')]
  await ann.publish()
  await until('both are described', () => ann.descriptions.length > 0 && bob.descriptions.length > 0)
  for (const { sdp } of [...ann.descriptions, ...bob.descriptions]) {
    t.notMatch(sdp, /transport-cc|transport-wide/)
    t.match(sdp, /a=rtcp-fb:96 goog-remb/)
  }
})

t.test('m-lines with port 0, data channels and unknown kinds are answered as rejected', async (t) => {
  const engine = await open(t)
  const ann = await client(t, engine, 'ann')
  const probe = new NodeClient('probe')
  probe.peer = { ...noPeer, describe: ({ sdp }) => ann.peer?.describe({ type: 'offer', sdp: withOddLines(sdp) }) }
  t.teardown(() => probe.close())
  await probe.publish()
  await until('it is answered', () => ann.descriptions.length === 1)
  const answer = ann.descriptions[0]?.sdp
  t.strictSame(linesOf(answer).map(({ kind, port, mid }) => [kind, port, mid]), [['audio', 9, '0'], ['video', 9, '1'], ['video', 0, '2'], ['application', 0, '3'], ['text', 0, '4']])
  t.strictSame(parseSdp(answer ?? '')?.bundle, ['0', '1'])
})

t.test('candidates are never awaited, .local ones not looked up, and their end does not end the search', async (t) => {
  const looked = watchLookups(t)
  const engine = await open(t)
  const [ann, bob] = [await client(t, engine, 'ann'), await client(t, engine, 'bob')]
  for (const one of [ann, bob]) {
    one.peer?.candidate({ candidate: 'candidate:1 1 udp 2122260223 0f3c5a0e-6c1d-4b7a.local 50000 typ host', sdpMid: '0' })
    one.peer?.candidate({ candidate: 'candidate:1 1 udp 2122260223 media.example 50000 typ host', sdpMid: '0' })
    one.peer?.candidate({ candidate: 'candidate:1 1 udp 2122260223 10.0.0.1 0 typ host', sdpMid: '0' })
    one.peer?.candidate({ candidate: 'candidate:1 1 udp 2122260223 10.0.0.1 70000 typ host', sdpMid: '0' })
    one.peer?.candidate({ candidate: '', sdpMid: '0' })
  }
  await ann.publish()
  await until('both are connected', () => ann.publishing && bob.subscribing)
  t.strictSame(looked, [])
})

t.test('without ICE servers nobody is asked for an address, and each connection has one socket, on the address that was named', async (t) => {
  const looked = watchLookups(t)
  const bound: unknown[] = []
  const bind = dgram.Socket.prototype.bind
  dgram.Socket.prototype.bind = function (this: dgram.Socket, ...args: unknown[]) {
    // One with a port of 0 is the engine's look whether the address is still there.
    if (!Object.hasOwn(args[0] as object, 'port')) bound.push(args[0])
    return Reflect.apply(bind, this, args) as dgram.Socket
  } as typeof bind
  t.teardown(async () => { dgram.Socket.prototype.bind = bind })
  const engine = await open(t)
  const ann = await client(t, engine, 'ann')
  const offerer = new NodeClient('offerer')
  offerer.peer = ann.peer
  t.teardown(() => offerer.close())
  await offerer.publish()
  await until('it is answered', () => ann.descriptions.length === 1)
  t.strictSame(bound, [{ address: '127.0.0.1' }, { address: '127.0.0.1' }], 'one of the engine, one of the client')
  t.match(ann.descriptions[0]?.sdp, /a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host[^]*a=end-of-candidates/)
  t.strictSame(looked, [])
})

t.test('a STUN server is asked where one is named; what it says is told after the answer', async (t) => {
  const server = dgram.createSocket('udp4')
  t.teardown(async () => { server.close() })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  const request = new Promise<{ data: Buffer, port: number }>((resolve) => server.once('message', (data, { port }) => resolve({ data, port })))
  const engine = await open(t, { iceServers: [{ urls: `stun:127.0.0.1:${server.address().port}` }] })
  const ann = await client(t, engine, 'ann')
  const offerer = new NodeClient('offerer')
  offerer.peer = ann.peer
  t.teardown(() => offerer.close())
  await offerer.publish()
  await until('it is answered before the server has', () => ann.descriptions.length === 1)
  t.match(ann.descriptions[0]?.sdp, /typ host/)
  t.notMatch(ann.descriptions[0]?.sdp, /end-of-candidates/)

  const { data, port } = await request
  const response = new Message(methods.BINDING, classes.RESPONSE, parseMessage(data)?.transactionId as Buffer).setAttribute('XOR-MAPPED-ADDRESS', ['198.51.100.1', 4_000])
  server.send(response.bytes, port, '127.0.0.1')
  await until('the end of candidates', () => ann.candidates.some(({ candidate }) => candidate === ''))
  t.match(ann.candidates[0], { candidate: /^candidate:\S+ 1 udp \d+ 198\.51\.100\.1 4000 typ srflx raddr/, sdpMid: '0', usernameFragment: /./ })
})

t.test('an address that is not this machine\'s keeps the engine from opening', async (t) => {
  const engine = weriftEngine({ interfaceAddresses: ['203.0.113.1'] })
  await t.rejects(engine.open?.({ clock: systemClock, log: silentLogger }) ?? Promise.resolve(), /interfaceAddresses: cannot bind to 203\.0\.113\.1/)
})

t.test('an address that goes while the engine runs is told as the end of the engine, and ends nothing else; when it is back the engine can be opened again', async (t) => {
  const told: unknown[] = []
  const engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'], viewerAfterMs: 600_000 })
  const context = { clock: systemClock, log: silentLogger, failed: (error: unknown) => { told.push(error) } }
  await engine.open?.(context)
  t.teardown(() => engine.close())
  const offers: Description[] = []
  const writer = new NodeClient('writer')
  t.teardown(() => writer.close())
  writer.peer = { ...noPeer, describe: (offer) => { offers.push(offer) } }
  await writer.publish()
  const bind = dgram.Socket.prototype.bind
  t.teardown(async () => { dgram.Socket.prototype.bind = bind })
  dgram.Socket.prototype.bind = function (this: dgram.Socket, ...args: unknown[]) {
    const { address, ...options } = args[0] as { address: string }
    return Reflect.apply(bind, this, [{ ...options, address: address === '127.0.0.1' ? '203.0.113.1' : address }, ...args.slice(1)]) as dgram.Socket
  } as typeof bind
  const ann = await client(t, engine, 'ann')
  ann.peer?.describe(offers[0] as Description)
  await until('the host is told', () => told.length > 0)
  t.match(told, [{ message: /cannot bind to 127\.0\.0\.1/ }])
  await engine.close()
  await t.rejects(engine.open?.(context) ?? Promise.resolve(), /cannot bind/)
  dgram.Socket.prototype.bind = bind
  await engine.open?.(context)
  const offerer = await client(t, engine, 'bob')
  await offerer.publish()
  await until('it is answered', () => offerer.descriptions.length === 1)
})

const noPeer = { describe () {}, candidate () {}, async close () {} }

function withOddLines (sdp: string): string {
  const copy = (/^m=video[^]*?(?=^m=|$(?![^]))/m.exec(sdp)?.[0] ?? '').replace('m=video 9', 'm=video 0').replace('a=mid:1', 'a=mid:2')
  return `${sdp}${copy}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:3\r\na=sctp-port:5000\r\nm=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:4\r\na=rtpmap:98 t140/1000\r\n`.replace('BUNDLE 0 1', 'BUNDLE 0 1 2 3 4')
}

/** The names that anybody looks up from now on. */
function watchLookups (t: Teardown): string[] {
  const names: string[] = []
  const { lookup } = dns.promises
  dns.promises.lookup = ((name: string) => {
    names.push(name)
    return Promise.reject(new Error('no network in this test'))
  }) as typeof lookup
  t.teardown(async () => { dns.promises.lookup = lookup })
  return names
}
