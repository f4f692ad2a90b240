/** Sessions of others: guessed, named, chosen, resumed, read and repeated. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { WebSocket } from 'ws'
import { Type } from '@sinclair/typebox'
import { Chat, defineMethod } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { randomIds } from '../../lib/util/ids.ts'
import { chatsIn, openMemory } from '../faces/memory-world.ts'
import { makeToken } from '../helpers/tokens.ts'
import { join, open, portOf, startApp } from '../helpers/websocket-client.ts'
import { openHttpCaller } from './http-caller.ts'
import { exchange, postText } from './raw-http.ts'
import { standBy } from './witness.ts'

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' } as const
const AUTH = (userId: string): object => ({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken({ userId }), version: '1.0' } })
const CLOSE = { connection: 'close' } as const
/** What lies beside a session does not matter to those who look for it. */
const withoutDate = (answers: ReadonlyArray<{ headers: Readonly<Record<string, string>> }>): unknown => answers.map((answer) => ({ ...answer, headers: { ...answer.headers, date: '' } }))

t.test('77 an id has 128 random bits, and a million guesses find none', async (t) => {
  const COUNT = 20_000
  const ids = Array.from({ length: COUNT }, () => randomIds.session())
  t.equal(new Set(ids).size, COUNT)
  t.ok(ids.every((id) => /^[\w-]{22}$/.test(id)))
  const ones = Array<number>(128).fill(0)
  for (const id of ids) {
    const bytes = Buffer.from(id, 'base64url')
    for (let bit = 0; bit < 128; bit++) ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1)
  }
  const sixSigma = 6 * Math.sqrt(COUNT) / 2
  t.ok(ones.every((count) => Math.abs(count - COUNT / 2) < sixSigma), 'each bit is set as often as not')
  const world = openMemory(t, { maxSessionsPerUser: 1e6 })
  for (let count = 0; count < 1_000; count++) world.join(`user ${count % 100}`)
  let hits = 0
  const guesses = randomBytes(1_000_000 + 16)
  for (let place = 0; place < 1_000_000; place++) if (world.server.find(guesses.subarray(place, place + 16).toString('base64url')) !== undefined) hits++
  t.equal(hits, 0)
})

t.test('77 an unknown id and one of another user are answered alike, to the last header', async (t) => {
  const app = await startApp(t)
  const isUnharmed = await standBy(t, app)
  const [foreign = ''] = app.mse.sessions.keys()
  const port = portOf(app)
  const authorization = `Bearer ${makeToken({ userId: 'eve' })}`
  const requests = (id: string): Array<string | Buffer> => [
    postText(JSON.stringify(PING), { 'mse-session': id, authorization, ...CLOSE }), postText('{', { 'mse-session': id, authorization, ...CLOSE }),
    postText(JSON.stringify(PING), { 'mse-session': id, authorization, 'mse-seq': '1', 'mse-ack': '1', ...CLOSE }),
    ...['GET', 'DELETE'].flatMap((method) => ['text/event-stream', 'application/json'].map((accept) => `${method} /mse HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: ${accept}\r\nMse-Session: ${id}\r\nAuthorization: ${authorization}\r\n\r\n`))
  ]
  for (const [index, request] of requests(foreign).entries()) {
    const [known, unknown] = [await exchange(port, request), await exchange(port, requests('b'.repeat(22))[index] ?? '')]
    t.equal(known[0]?.status, 404)
    t.strictSame(withoutDate(known), withoutDate(unknown))
  }
  const session = app.mse.sessions.get(foreign)
  t.strictSame([session?.transport, session?.ended, session?.record.inbox.received], ['websocket', null, 0])
  await isUnharmed()
})

t.test('78 a token of one\'s own does not open the session of another on any face, and nothing in it moves', async (t) => {
  const app = await startApp(t)
  const isUnharmed = await standBy(t, app)
  const victim = await openHttpCaller(app, { userId: 'ada' })
  victim.tell('for ada alone')
  const before = JSON.stringify(victim.session.record)
  for (const claims of [{ userId: 'eve' }, { userId: 'Ada' }, { userId: 'ada ' }, { userId: 'a\u0301da' }, { userId: 'witness' }, { userId: 'eve', role: 'super' }, { userId: 'eve', sub: 'ada' }]) {
    const authorization = `Bearer ${makeToken(claims)}`
    const chat = { jsonrpc: '2.0', id: 1, method: 'chat', params: { to: [], message: 'I am ada' } }
    for (const answer of [
      await victim.post(chat, { authorization }), await victim.post(chat, { authorization, 'mse-seq': '1' }), await victim.post({ ...PING, method: '$/ticket' }, { authorization }), await victim.post('{"jsonrpc":"2.0","method":"$/ack"}', { authorization, 'mse-ack': '1' }),
      await victim.get({ authorization, accept: 'text/event-stream' }), await victim.get({ authorization, accept: 'application/json', 'last-event-id': `${victim.epoch}.1` })
    ]) {
      t.equal(answer.status, 404, JSON.stringify(claims))
      await answer.body?.cancel()
    }
    t.equal((await fetch(`http://127.0.0.1:${portOf(app)}/mse`, { method: 'DELETE', headers: { 'mse-session': victim.session.id, authorization } })).status, 404)
  }
  t.equal(JSON.stringify(victim.session.record), before)
  t.equal((await victim.post(PING, { authorization: `Bearer ${makeToken({ userId: 'ada' })}` })).status, 200, 'her own token is fine')
  victim.session.end({ code: 1000, text: '' })
  await isUnharmed()
})

t.test('79 an id that the client chose is never anybody\'s', async (t) => {
  const app = await startApp(t)
  const isUnharmed = await standBy(t, app)
  const port = portOf(app)
  const chosen = 'A'.repeat(22)
  const minted: string[] = []
  app.mse.on('session', ({ session }) => { minted.push(session.id) })
  for (const headers of [{ 'mse-session': chosen }, { 'mse-session': chosen, 'mse-seq': '1' }]) {
    t.match(await exchange(port, postText(JSON.stringify(AUTH('ada')), { ...headers, ...CLOSE })), [{ status: 404 }])
    t.match(await exchange(port, postText(JSON.stringify(PING), { ...headers, ...CLOSE, authorization: `Bearer ${makeToken()}` })), [{ status: 404 }])
  }
  for (const headers of [{ cookie: `mse-session=${chosen}` }, { 'mse-epoch': 'AAAAAAAA' }, { 'x-mse-session': chosen }, { mse_session: chosen }] as Array<Record<string, string>>) {
    const [answer] = await exchange(port, postText(JSON.stringify({ ...AUTH('ada'), session: chosen, epoch: 'AAAAAAAA' }), { ...headers, ...CLOSE }))
    t.equal(answer?.status, 200)
    t.not(answer?.headers['mse-session'], chosen)
    t.not(answer?.headers['mse-epoch'], 'AAAAAAAA')
  }
  const client = await open(app, { protocols: ['mse.v1.resume'] })
  t.match(await client.call('$/resume', { session: chosen, epoch: 'AAAAAAAA', received: 0 }), { result: { resumed: false, reason: 'unknown' } })
  t.match(await client.call('auth', { token: makeToken(), version: '1.0', session: chosen, id: chosen }), { result: 'authenticated' })
  await client.next()
  t.equal(new Set(minted).size, 5)
  t.notOk(minted.includes(chosen))
  for (const id of minted) app.mse.sessions.get(id)?.end({ code: 1000, text: '' })
  await isUnharmed()
})

t.test('80 nothing but the right id, epoch and number resumes, and nothing does when it is over', async (t) => {
  const world = openMemory(t)
  const { session } = world.join('ada')
  const before = JSON.stringify(session.record)
  const { id, record: { epoch } } = session
  const attempt = (params: unknown): unknown => {
    const client = world.connect()
    client.send('$/resume', params as object, 1)
    const [answer] = client.frames as Array<{ result?: { resumed: boolean, reason?: string }, error?: { code: number } }>
    client.connection.lost()
    return answer?.result?.resumed === true ? 'resumed' : answer?.result?.reason ?? answer?.error?.code
  }
  const good = { session: id, epoch, received: 0 }
  for (const [params, expected] of [
    [{ ...good, session: id.slice(1) }, 'unknown'], [{ ...good, session: '' }, 'unknown'], [{ ...good, session: '__proto__' }, 'unknown'], [{ ...good, session: [id] }, -32602], [{ ...good, session: { toString: id } }, -32602],
    [{ ...good, epoch: '' }, 'epoch'], [{ ...good, epoch: epoch.slice(1) }, 'epoch'], [{ ...good, epoch: `${epoch}\u0000` }, 'epoch'], [{ ...good, epoch: null }, -32602], [{ session: id, received: 0 }, -32602], [{ session: id, epoch }, -32602],
    [{ ...good, received: 1 }, 'gap'], [{ ...good, received: 1e300 }, 'gap'], [{ ...good, received: Number.MAX_SAFE_INTEGER }, 'gap'], [{ ...good, received: -1 }, -32602], [{ ...good, received: 0.5 }, -32602], [{ ...good, received: '0' }, -32602], [{ ...good, received: null }, -32602],
    [[], -32602], [null, -32602], [{}, -32602]
  ] as const) t.equal(attempt(params), expected, JSON.stringify(params).slice(0, 90).replace(/[^\x20-\x7e]/g, '?'))
  t.strictSame([session.transport, JSON.stringify(session.record)], ['memory', before], 'the owner has noticed nothing')
  t.equal(attempt(good), 'resumed')
  world.clock.advance(60_000)
  t.equal(attempt(good), 'expired', 'after its window')
  const left = world.join('bob')
  left.send('disconnect')
  left.connection.lost()
  t.equal(attempt({ session: left.session.id, epoch: left.session.record.epoch, received: 0 }), 'expired', 'after disconnect')
  t.strictSame([world.server.sessions.size, world.server.openLinks, world.clock.pending], [0, 0, 0])
})

// MSE-NUM-6: the newest always wins, not the first.
t.test('80 of thirty sockets that resume at once one is left, and every message goes to one alone', async (t) => {
  const clock = new FakeClock(Date.now())
  const app = await startApp(t, { clock, drainTimeoutMs: 0, pingIntervalMs: 1e12 })
  const isUnharmed = await standBy(t, app)
  const owner = await join(app, {}, { protocols: ['mse.v1.resume'] })
  const { session: id, epoch } = (await owner.next()).params as { session: string, epoch: string }
  const clients = [owner, ...await Promise.all(Array.from({ length: 30 }, () => open(app, { protocols: ['mse.v1.resume'] })))]
  const codes: number[] = []
  const allButOne = new Promise<void>((resolve) => {
    for (const client of clients) client.closed.then(({ code }) => { if (codes.push(code) === 30) resolve() }, () => {})
  })
  for (const client of clients.slice(1)) client.send({ jsonrpc: '2.0', id: 'r', method: '$/resume', params: { session: id, epoch, received: 0 } })
  const answers = await Promise.all(clients.slice(1).map((client) => client.next()))
  t.ok(answers.every(({ result }) => (result as { resumed: boolean }).resumed))
  await allButOne
  t.strictSame(codes, Array(30).fill(4509))
  const left = clients.find(({ socket }) => socket.readyState === WebSocket.OPEN)
  app.mse.sessions.get(id)?.notify(Chat, { to: [], message: 'to the last', from: 'server' })
  t.match(await left?.next(), { params: { message: 'to the last' } })
  left?.send({ jsonrpc: '2.0', id: null, method: 'disconnect' })
  await left?.closed
  await isUnharmed()
})

t.test('81 a position that is none is told as a gap, an epoch or 400, and takes nothing from whoever is served', async (t) => {
  const app = await startApp(t)
  const isUnharmed = await standBy(t, app)
  const caller = await openHttpCaller(app)
  const { session, epoch } = caller
  caller.tell('one', 'two', 'three')
  await caller.post('{"jsonrpc":"2.0","method":"$/ack"}', { 'mse-ack': '1' })
  const port = portOf(app)
  const get = (position: string): string => `GET /mse HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json\r\nMse-Session: ${session.id}\r\nLast-Event-ID: ${position}\r\n\r\n`
  const gaps = ['0', '4', '99999', '999999999999999'].map((number) => `${epoch}.${number}`)
  const epochs = [
    `${epoch}.-1`, `${epoch}.1e9`, `${epoch}.1.5`, `${epoch}.0x1`, `${epoch}.9999999999999999`, `${epoch}.`, `${epoch}`, `${epoch}. 1`, `${epoch}.1 2`, `${epoch}.NaN`, `${epoch}.Infinity`, `${epoch}.\u0661`, '.1', '1', '-1', '..', 'AAAAAAAA.1',
    `${epoch.toLowerCase()}x.1`, `x${epoch}.1`, `${epoch},${epoch}.1`, '__proto__.1', 'null', '{}', '*', 'x'.repeat(10_000)
  ]
  for (const [positions, reset] of [[gaps, 'gap'], [epochs, 'epoch']] as const) {
    for (const position of positions) {
      const [answer] = await exchange(port, get(position))
      t.equal(answer?.body, `[{"id":"${epoch}.1","reset":"${reset}"}]`, position.slice(0, 40).replace(/[^\x20-\x7e]/g, '?'))
    }
  }
  for (const position of [`${epoch}.2\r\n x: y`, `${epoch}.2\u0000`, `${epoch}.2\rx`, `${epoch}.2\u0001`]) t.equal((await exchange(port, get(position)))[0]?.status, 400)
  for (const last of [`${epoch}.2%0aid: 9`, `${epoch}.2%00`, '%', `${epoch}.-1`, `${epoch}.2&last=${epoch}.3`]) {
    const { result } = await (await caller.post({ ...PING, method: '$/ticket' })).json() as { result: { ticket: string } }
    const answer = await caller.get({ accept: 'application/json' }, `?ticket=${result.ticket}&last=${last}`)
    t.ok([200, 400].includes(answer.status), `${last}: ${answer.status}`)
    t.notMatch(await answer.text(), 'three', 'nothing is skipped')
  }
  t.match((await exchange(port, get(`${epoch}.1`)))[0]?.body, /"two".*"three"/, 'all is there for who is right')
  session.end({ code: 1000, text: '' })
  await isUnharmed()
})

t.test('82 a body that comes fifty times runs once and is answered the same each time, until its answer is forgotten', async (t) => {
  const clock = new FakeClock(Date.now())
  const app = await startApp(t, { clock, pingIntervalMs: 1e12, messageBurst: 1_000, resumeWindowMs: 600_000 })
  const isUnharmed = await standBy(t, app)
  const ran: number[] = []
  const finish: Array<() => void> = []
  app.mse.method(defineMethod({ name: 'pay', params: Type.Object({ n: Type.Number() }), result: Type.Number() }), ({ n }) => ran.push(n) + 100)
  app.mse.method(defineMethod({ name: 'slow', result: Type.Number() }), () => new Promise((resolve) => { finish.push(() => resolve(ran.push(0))) }))
  app.mse.method(defineMethod({ name: 'fail' }), () => { throw new Error(`failed ${ran.push(-1)}`) })
  const [ada, bob] = [await openHttpCaller(app, { userId: 'ada' }), await openHttpCaller(app, { userId: 'bob' })]
  const call = (method: string, n = 1, id = 1): object => ({ jsonrpc: '2.0', id, method, params: { n } })
  const repeated = async (body: object, seq: string): Promise<Array<readonly [number, string, string | null]>> => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ada.post(body, { 'mse-seq': seq })))
    return Promise.all(answers.map(async (answer) => [answer.status, await answer.text(), answer.headers.get('mse-replayed')] as const))
  }
  const same = (answers: Awaited<ReturnType<typeof repeated>>, why: string): void => {
    t.equal(new Set(answers.map(([status, text]) => `${status} ${text}`)).size, 1, why)
    t.equal(answers.filter(([, , replayed]) => replayed === null).length, 1, why)
  }
  const paid = await repeated(call('pay'), '1')
  same(paid, 'at once')
  t.strictSame([ran.length, JSON.parse(paid[0]?.[1] ?? '')], [1, { id: 1, jsonrpc: '2.0', result: 101 }])
  const slow = repeated(call('slow'), '2')
  while (finish.length === 0) await new Promise(setImmediate)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  finish[0]?.()
  same(await slow, 'while it runs')
  same(await repeated(call('fail'), '3'), 'a failure, with one errorId')
  t.strictSame([finish.length, ran], [1, [1, 0, -1]])
  t.equal(await (await ada.post(call('pay', 7, 7), { 'mse-seq': '1' })).text(), paid[0]?.[1], 'another body with a number that was used does not run')
  t.equal((await ada.post([call('pay'), call('pay')], { 'mse-seq': '1' })).status, 409, 'nor does one that takes more numbers')
  t.equal((await ada.post([call('pay'), call('pay')], { 'mse-seq': '3' })).status, 409)
  t.equal((await (await bob.post(call('pay', 9), { 'mse-seq': '1' })).json() as { result: number }).result, 104, 'the numbers of another session are its own')
  clock.advance(60_000)
  const late = await ada.post(call('pay'), { 'mse-seq': '1' })
  t.strictSame([late.status, late.headers.get('mse-received')], [409, '3'], 'forgotten, and not run again')
  t.strictSame(ran, [1, 0, -1, 9])
  for (const { session } of [ada, bob]) session.end({ code: 1000, text: '' })
  await isUnharmed()
})

t.test('82 messages by POST reach a link once, though they are repeated', async (t) => {
  const world = openMemory(t)
  const [ada, eve] = [world.join('ada'), world.join('eve')]
  ada.connection.lost()
  const chat = { jsonrpc: '2.0', id: 1, method: 'chat', params: { to: [], message: 'once' } }
  for (let count = 0; count < 10; count++) await world.post(ada.session, chat, { seq: '1' })
  t.strictSame(chatsIn(eve.frames), ['once'])
})
