/** Who has not authenticated, or tries to by brute force, or with the token of another. */
import t from 'tap'
import { HttpFace } from '../../lib/core/http-face.ts'
import { Connection } from '../../lib/core/connection.ts'
import { TRANSPORT_STATUSES } from '../../lib/core/statuses.ts'
import type { Identity } from '../../lib/session/identity.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { MemoryLink, createMse } from '../../lib/testing/index.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { createRandom } from '../helpers/fault-proxy.ts'
import { makeToken } from '../helpers/tokens.ts'
import { OPCODES, frame, open, openRaw, portOf, startApp } from '../helpers/websocket-client.ts'
import type { Client } from '../matrix/client.ts'
import { type Transport, type World, openWorld } from '../matrix/harness.ts'
import { PING, openCaller, post } from '../matrix/requests.ts'
import { standBy } from './witness.ts'

const EVERY: readonly Transport[] = ['memory', 'websocket', 'resume', 'post', 'events', 'poll']
const UNLIMITED = { maxRefusedAuths: 1e9, refusedAuthBurst: 1e9, anonymousPostBurst: 1e9, messageBurst: 1e9 } as const

const auth = (client: Client, token: string): Promise<unknown> => client.call('auth', { token, version: '1.0' })

/** What a stranger may send, and the one answer to it: a result, or the code of an error. */
const STRANGERS_CALLS: ReadonlyArray<readonly [method: string, params: unknown, answer: string | number]> = [
  ['ping', undefined, 'pong'], ['ping', { any: 'thing' }, 'pong'], ['ping', [], -32602], ['ping', null, -32602],
  ...['start', 'sdpOffer', 'iceCandidate', 'chat', 'disconnect'].flatMap((method) =>
    [undefined, {}, [], null, 'x', { offer: 'v=0' }, { candidate: '' }, { to: [], message: 'boo' }, { token: 'x' }].map((params) => [method, params, -5001] as const)),
  ...['whoami', 'nope', '__proto__', 'constructor', 'toString', 'rpc.discover', '$/ticket', '$/nope', 'Start', 'start ', 'auth\n'].map((method) => [method, {}, -32601] as const),
  ['auth', undefined, -32602], ['auth', {}, -32602], ['auth', { token: 7, version: '1.0' }, -32602], ['auth', { token: makeToken(), version: '9' }, -32602],
  ['auth', { token: '', version: '1.0' }, -4001], ['auth', { token: makeToken({ exp: 1 }), version: '1.0' }, -4001], ['auth', { token: 'x'.repeat(9_000), version: '1.0' }, -4001]
]

for (const transport of EVERY) {
  t.test(`71 whatever a stranger calls over ${transport}, in whatever order, is refused as the model says and changes nothing`, async (t) => {
    const world = await openWorld(t, transport, { limits: UNLIMITED })
    const client = await world.open()
    const random = createRandom(71)
    for (let step = 0; step < 120; step++) {
      const [method, params, expected] = STRANGERS_CALLS[Math.floor(random() * STRANGERS_CALLS.length)] as typeof STRANGERS_CALLS[number]
      const { result, error } = await client.call(method, params)
      if ((result ?? error?.code) !== expected) t.fail(`step ${step}: ${method} ${JSON.stringify(params)} is ${JSON.stringify(result ?? error)}`)
    }
    t.strictSame([world.mse.sessions.size, world.mse.room('lobby').size, world.engine.peers.length], [0, 0, 0])
    t.match(await auth(client, world.token()), { result: 'authenticated' })
    t.match(await client.call('sdpOffer', { offer: 'v=0' }), { error: { code: -6001, data: { required: 'start' } } }, 'none of the calls has counted')
  })

  t.test(`72 a token of another user does not take a session over ${transport}, and what is sent meanwhile waits`, async (t) => {
    const settle = new Map<string, (outcome: 'good' | 'bad') => void>()
    const verify = (token: string): Promise<object> => new Promise((resolve, reject) => {
      const [userId, roomId] = token.split('@')
      settle.set(token, (outcome) => outcome === 'good' ? resolve({ userId, roomId }) : reject(new Error('no')))
    })
    const settled = async (token: string, outcome: 'good' | 'bad'): Promise<void> => {
      while (!settle.has(token)) await new Promise(setImmediate)
      settle.get(token)?.(outcome)
      settle.delete(token)
    }
    const world = await openWorld(t, transport, { jwt: { verify }, limits: UNLIMITED })
    const client = await world.open()
    const send = (token: string): number => client.request('auth', { token, version: '1.0' })
    const first = send('ada@lobby')
    await settled('ada@lobby', 'good')
    t.match(await client.next(), { id: first, result: 'authenticated' })
    const [session] = world.mse.sessions.values()
    const identity = session?.identity
    for (const token of ['eve@lobby', 'ada@vault', 'Ada@lobby', 'ada @lobby', 'witness@lobby']) {
      const [id, behind] = [send(token), client.request('start')]
      await settled(token, 'good')
      t.match([await client.next(), await client.next()].map((message) => [message.id, message.error?.code ?? message.result]), [[id, -4001], [behind, 'started']], token)
      t.equal(session?.identity, identity)
    }
    const [refused, refreshed, last] = [send('ada@lobby'), send('ada@lobby'), client.request('chat', { to: [], message: 'hello' })]
    await settled('ada@lobby', 'bad')
    await settled('ada@lobby', 'good')
    t.match([await client.next(), await client.next(), await client.next()], [{ id: refused, error: { code: -4001 } }, { id: refreshed, result: 'authenticated' }, { id: last, result: null }])
    t.strictSame([...world.mse.sessions.values()], [session])
    t.equal(world.engine.openPeers.length, 1, 'its media flow on')
  })
}

t.test('73 a token that is good for years ends neither at once nor after 2^31 ms, and at its end takes its session along', async (t) => {
  const delays: number[] = []
  const setTimer = globalThis.setTimeout
  t.intercept(globalThis, 'setTimeout', { value: (task: () => void, delayMs: number) => { delays.push(delayMs); return setTimer(task, delayMs) } })
  const server = createMse({ authenticate: () => ({ userId: 'ada', roomId: 'r', role: 'user', domain: null, agent: null, issuedAt: null, notBefore: null, expiresAt: Date.UTC(9_999, 11, 31) }), clock: systemClock })
  server.open(new MemoryLink(), '127.0.0.1').receive('{"jsonrpc":"2.0","id":1,"method":"auth","params":{"token":"x","version":"1.0"}}')
  t.equal(server.sessions.size, 1)
  t.ok(delays.length > 0 && delays.every((delayMs) => delayMs <= 2_147_483_647), `${Math.max(...delays)} ms: Node fires longer ones at once`)
  server.close()

  const world = await openWorld(t, 'websocket', { pingIntervalMs: 1e15, limits: { tokenGraceMs: 0 } })
  const client = await world.open()
  const YEAR_MS = 31_536_000_000
  await auth(client, world.token({ exp: (world.clock.now() + 2 * YEAR_MS) / 1000 }))
  await client.succeed('start')
  world.clock.advance(2 * YEAR_MS - 1)
  await client.isSilent(t, 'a millisecond before its end')
  world.clock.advance(1)
  await client.isClosed(t, 4002)
  t.strictSame([world.mse.sessions.size, world.engine.openPeers.length], [0, 0])
})

t.test('74 a hundred wrong tokens in one packet: five are looked at, then the link is closed', async (t) => {
  let verified = 0
  const app = await startApp(t, { jwt: { verify: (token) => { verified++; if (token !== 'witness') throw new Error('wrong'); return { userId: token, roomId: 'lobby' } } } })
  const witness = await open(app)
  t.match(await witness.call('auth', { token: 'witness', version: '1.0' }), { result: 'authenticated' })
  verified = 0
  const raw = await openRaw(app)
  raw.write(...Array.from({ length: 100 }, (_, id) => frame(OPCODES.text, JSON.stringify({ jsonrpc: '2.0', id, method: 'auth', params: { token: `guess ${id}`, version: '1.0' } }))))
  t.equal(await raw.closeCode(), 4501)
  await raw.closed
  t.equal(verified, 5)
  t.match(await witness.call('ping'), { result: 'pong' })
  t.strictSame([app.mse.openLinks, app.mse.sessions.size], [1, 1])
})

t.test('74 tokens that are verified slowly do not pile up: one of a link at a time', async (t) => {
  const waiting: Array<() => void> = []
  const app = await startApp(t, { jwt: { verify: () => new Promise((_resolve, reject) => { waiting.push(() => reject(new Error('wrong'))) }) } })
  const raw = await openRaw(app)
  raw.write(...Array.from({ length: 100 }, (_, id) => frame(OPCODES.text, JSON.stringify({ jsonrpc: '2.0', id, method: 'auth', params: { token: `guess ${id}`, version: '1.0' } }))))
  const most: number[] = []
  for (let count = 0; count < 5; count++) {
    while (waiting.length === 0) await new Promise(setImmediate)
    most.push(waiting.length)
    waiting.shift()?.()
  }
  t.equal(await raw.closeCode(), 4501)
  t.strictSame([...most, waiting.length], [1, 1, 1, 1, 1, 0])
})

t.test('74 ten thousand wrong tokens over as many links, POSTs and Bearers: a few hundred of one network are looked at, and no other network suffers', async (t) => {
  let verified = 0
  const authenticate = (token: string): Identity => {
    verified++
    if (token === 'bad') throw new Error('wrong')
    return { userId: token, roomId: 'r', role: 'user', domain: null, agent: null, issuedAt: null, notBefore: null, expiresAt: null }
  }
  const clock = new FakeClock()
  const server = createMse({ authenticate, clock })
  const face = new HttpFace(server, authenticate, TRANSPORT_STATUSES)
  const message = (token: string): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token, version: '1.0' } })
  const overSocket = (address: string, token: string): string | undefined => {
    const link = new MemoryLink()
    const connection = new Connection(server, link, address)
    connection.receive(message(token))
    connection.lost()
    return link.frames[0]
  }
  const overPost = (address: string, token: string, bearer?: string): unknown => {
    const answer = face.post({ body: Buffer.from(bearer === undefined ? message(token) : JSON.stringify(PING)), address, session: undefined, seq: undefined, ack: undefined, bearer, respondAsync: false })
    return answer instanceof Promise ? answer : answer.body
  }
  const answers = new Set<unknown>()
  for (let count = 0; count < 10_000; count++) {
    const address = `2001:db8::${(count % 65_536).toString(16)}`
    const answer = count % 3 === 0 ? overSocket(address, 'bad') : count % 3 === 1 ? overPost(address, 'bad') : overPost(address, 'bad', 'bad')
    answers.add(String(answer))
  }
  t.equal(verified, 200, 'one /64 is one network')
  t.equal(server.refusedAuths.size, 1)
  const errors = [...answers].map((answer) => (JSON.parse(String(answer)) as { error: { code: number, data?: object } }).error)
  t.strictSame(errors.map(({ code, data }) => [code, Object.keys(data ?? {})]), [[-4001, []], [-8001, ['retryAfterMs']], [-8001, ['retryAfterMs']]], 'a link and a POST are told different times')
  t.match(overSocket('2001:db8::1', 'ada'), /-8001/, 'a good one neither')
  t.match(overSocket('2001:db8:0:1::1', 'ada'), /authenticated/)
  clock.advance(1_000)
  for (let count = 0; count < 20; count++) overSocket('2001:db8::1', 'bad')
  t.equal(verified, 211, 'ten a second afterwards')
  t.equal(server.openLinks, 0)
})

t.test('75 a stolen token opens a session of its own, never the one of its owner; verify can forbid even that', async (t) => {
  const app = await startApp(t)
  const isUnharmed = await standBy(t, app)
  const token = makeToken({ userId: 'ada' })
  const [owner, thief] = [await open(app), await open(app)]
  for (const client of [owner, thief]) t.match(await client.call('auth', { token, version: '1.0' }), { result: 'authenticated' }, 'a token is good until its end, as RFC 7519 says')
  const [first, second] = [...app.mse.sessions.values()].filter(({ identity }) => identity?.userId === 'ada')
  t.ok(first !== undefined && second !== undefined && first.id !== second.id, 'two sessions, each with an id of its own')
  await thief.call('disconnect')
  await thief.closed
  t.match(await owner.call('ping'), { result: 'pong' }, 'the end of one is not the end of the other')
  owner.socket.terminate()
  await isUnharmed()

  const used = new Set<string>()
  const once = await startApp(t, {
    jwt: {
      verify: (jti) => {
        if (used.has(jti)) throw new Error('used')
        used.add(jti)
        return { userId: 'ada', roomId: 'lobby' }
      }
    }
  })
  const codes = await Promise.all(['one', 'one', 'two'].map(async (jti) => (await (await open(once)).call('auth', { token: jti, version: '1.0' })).error?.code ?? 0))
  t.strictSame(codes.sort(), [-4001, 0, 0])
})

/** A world in which tokens are verified when the test says so. */
async function openSlow (t: Parameters<typeof openWorld>[0], transport: Transport): Promise<{ world: World, pending: Array<(claims: object) => void> }> {
  const pending: Array<(claims: object) => void> = []
  const world = await openWorld(t, transport, { limits: { authTimeoutMs: 1e9 }, jwt: { verify: () => new Promise((resolve) => { pending.push(resolve) }) } })
  return { world, pending }
}

for (const transport of EVERY) {
  t.test(`76 an auth over ${transport} that is never verified is -32603, and what comes of it later opens nothing`, async (t) => {
    const { world, pending } = await openSlow(t, transport)
    const client = await world.open()
    const id = client.request('auth', { token: 'x', version: '1.0' })
    while (pending.length === 0) await new Promise(setImmediate)
    world.clock.advance(30_000)
    t.match(await client.next(), { id, error: { code: -32603, data: { errorId: String } } })
    pending.shift()?.({ userId: 'ada', roomId: 'lobby' })
    await client.isSilent(t)
    t.equal(world.mse.sessions.size, 0)
    const again = client.request('auth', { token: 'x', version: '1.0' })
    while (pending.length === 0) await new Promise(setImmediate)
    pending.shift()?.({ userId: 'ada', roomId: 'lobby' })
    t.match(await client.next(), { id: again, result: 'authenticated' }, 'its slot is free')
  })
}

t.test('76 a Bearer that is never verified is answered, on every face, and opens nothing later', async (t) => {
  const { world, pending } = await openSlow(t, 'post')
  const opening = openCaller(world)
  while (pending.length === 0) await new Promise(setImmediate)
  pending.shift()?.({ userId: 'ada', roomId: 'lobby' })
  const { session } = await opening
  const authorization = 'Bearer x'
  const answers = [
    post(world, PING, { authorization }), post(world, PING, { authorization, 'mse-session': session.id }),
    ...(['GET', 'DELETE'] as const).map((method) => fetch(`${world.url}/mse`, { method, headers: { authorization, 'mse-session': session.id, accept: 'application/json' } })),
    fetch(`${world.url}/mse`, { headers: { authorization, 'mse-session': session.id, accept: 'text/event-stream' } })
  ]
  while (pending.length < answers.length) await new Promise(setImmediate)
  world.clock.advance(30_000)
  const settled = await Promise.all(answers)
  t.strictSame(settled.map(({ status }) => status), [200, 200, 500, 500, 500])
  for (const answer of settled) t.match(await answer.json(), { error: { code: -32603, data: { errorId: String } } })
  for (const resolve of pending) resolve({ userId: 'ada', roomId: 'lobby' })
  await new Promise(setImmediate)
  t.strictSame([...world.mse.sessions.values()], [session])
  t.strictSame([session.ended, session.transport], [null, 'none'])
})

t.test('76 nobody is let in while a promise that is not Node\'s own has not settled', async (t) => {
  /** As the promises of other libraries are: its `then` gives one of its own kind. */
  class ForeignPromise {
    readonly #work: Promise<unknown>
    constructor (work: Promise<unknown>) { this.#work = work }
    then (resolve: (value: unknown) => unknown, reject?: (cause: unknown) => unknown): ForeignPromise { return new ForeignPromise(this.#work.then(resolve, reject)) }
  }
  const refused = (): object => new ForeignPromise(Promise.reject(new Error('wrong')))
  const app = await startApp(t, { jwt: { verify: (token) => token === 'good' ? new ForeignPromise(Promise.resolve({ userId: 'ada', roomId: 'lobby' })) : refused() } })
  const client = await open(app)
  t.match(await client.call('auth', { token: 'bad', version: '1.0' }), { error: { code: -4001 } })
  t.equal(app.mse.sessions.size, 0)
  t.match(await client.call('auth', { token: 'good', version: '1.0' }), { result: 'authenticated' })
  t.equal((await fetch(`http://127.0.0.1:${portOf(app)}/mse`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer bad' }, body: JSON.stringify(PING) })).status, 401)
  t.strictSame([...app.mse.sessions.values()].map(({ identity }) => identity?.userId), ['ada'])
})
