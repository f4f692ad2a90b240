import { Type } from '@sinclair/typebox'
import { defineMethod } from '../../index.ts'
import type { Frame } from '../matrix/client.ts'
import { addGate } from '../matrix/gate.ts'
import type { World } from '../matrix/harness.ts'
import { openCaller, post } from '../matrix/requests.ts'
import { everyFace } from './every-face.ts'

const NO_MESSAGE = (id: unknown = null): object => ({ id, jsonrpc: '2.0', error: { code: -1001, message: 'Invalid json rpc 2.0 object' } })
const PONG = (id: unknown): object => ({ id, jsonrpc: '2.0', result: 'pong' })
const ping = (id: string): string => `{"id":${id},"method":"ping","jsonrpc":"2.0"}`

/** A method that gives back its `value`, once it may. */
function addEcho ({ mse }: World): { readonly waiting: number, release (): void } {
  const waiting: Array<() => void> = []
  const Echo = defineMethod({ name: 'echo', access: 'public', params: Type.Object({ value: Type.Unknown() }), result: Type.Unknown() })
  mse.method(Echo, ({ value }) => new Promise((resolve) => { waiting.push(() => resolve(value)) }))
  return {
    get waiting () { return waiting.length },
    // The last comes first: whoever mixes up answers that are out of order is found.
    release: () => { for (const answer of waiting.splice(0).reverse()) answer() }
  }
}

/** Lets the event loop turn until something is so. */
async function until (isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate)
}

// PROTOCOL.md wins: 0 and -1 are ids, since every safe integer is one.
everyFace('24: an id is a string of 1 to 128 or a safe integer, anything else is -1001 with id null', async (t, open) => {
  const world = await open({ limits: { messageBurst: 1_000 } })
  const client = await world.join('ada')
  const good: Array<readonly [string, unknown]> = [
    ['0', 0], ['-0', 0], ['-1', -1], ['1.0', 1], ['1e2', 100], ['9007199254740991', 2 ** 53 - 1], ['-9007199254740991', 1 - 2 ** 53], ['"0"', '0'], ['"null"', 'null'], ['" "', ' '],
    ['"__proto__"', '__proto__'], ['"\\u0000"', '\u0000'], ['"\\ud800"', '\ud800'], ['"\\"},\\"error\\":{\\"code\\":-8001}"', '"},"error":{"code":-8001}'], ['"\\\\"', '\\'], ['"\\u2028"', '\u2028'],
    [`"${'x'.repeat(128)}"`, 'x'.repeat(128)], [`"${'\\u0001'.repeat(128)}"`, '\u0001'.repeat(128)], [`"${'😀'.repeat(64)}"`, '😀'.repeat(64)]
  ]
  const bad = [
    '""', '1.5', '-1.5', '1e-7', '5e-324', '0.1', 'true', 'false', '{}', '[]', '[1]', '["x"]', '{"id":1}', '{"toString":"x"}', '{"length":5}', '9007199254740992', '-9007199254740992', '1e16',
    '1e21', '1e308', '1e400', '-1e400', '9'.repeat(400), `"${'x'.repeat(129)}"`, `"${'😀'.repeat(64)}x"`, `"${'x'.repeat(15_000)}"`
  ]
  for (const [written, id] of good) t.strictSame(await client.exchange(ping(written)), PONG(id), `good: ${written.slice(0, 40)}`)
  for (const written of bad) t.strictSame(await client.exchange(ping(written)), NO_MESSAGE(), `bad: ${written.slice(0, 40)}`)
  for (let from = 0; from < bad.length; from += 32) {
    const some = bad.slice(from, from + 31)
    t.strictSame(await client.exchange(`[${[...some, '"last"'].map(ping).join()}]`), [...some.map(() => NO_MESSAGE()), PONG('last')], 'in a batch')
  }
  for (const written of bad) t.strictSame(await client.exchange(`{"id":${written},"method":"","jsonrpc":"1.0"}`), NO_MESSAGE(), 'nor is it echoed with another fault')
})

everyFace('25: one id twice in flight is answered twice, and no answer goes to another session', async (t, open) => {
  const world = await open()
  const echo = addEcho(world)
  const clients = [await world.join('ada'), await world.join('bob'), await world.join('eve')]
  for (const [index, client] of clients.entries()) {
    for (const value of ['first', 'second']) client.send({ id: 'x', method: 'echo', jsonrpc: '2.0', params: { value: `${value} of ${index}` } })
  }
  await until(() => echo.waiting === 6)
  echo.release()
  for (const [index, client] of clients.entries()) {
    const results = [(await client.next()).result, (await client.next()).result]
    t.strictSame(results.sort(), [`first of ${index}`, `second of ${index}`])
    await client.isSilent(t)
  }
})

everyFace('25: one id twice in flight by POST is answered to each request with its own result', async (t, open) => {
  const world = await open()
  const echo = addEcho(world)
  const caller = await openCaller(world)
  const values = Array.from({ length: 20 }, (_, index) => `value ${index}`)
  const answers = values.map(async (value) => {
    const response = await caller.post({ id: 1, method: 'echo', jsonrpc: '2.0', params: { value } })
    return await response.json() as Frame
  })
  await until(() => echo.waiting === values.length)
  echo.release()
  t.strictSame(await Promise.all(answers), values.map((result) => ({ id: 1, jsonrpc: '2.0', result })))
  await caller.post({ method: 'disconnect', jsonrpc: '2.0' })
}, ['post'])

everyFace('26: 1 and "1" in flight are both answered with their own type', async (t, open) => {
  const world = await open()
  const echo = addEcho(world)
  const client = await world.join('ada')
  const ids = [1, '1', 0, '0', -1, '-1', 'null', '1.0', ' 1', '01', '1e0']
  for (const id of ids) client.send({ id, method: 'echo', jsonrpc: '2.0', params: { value: [typeof id, id] } })
  await until(() => echo.waiting === ids.length)
  echo.release()
  const answers: Frame[] = []
  while (answers.length < ids.length) answers.push(await client.next())
  for (const { id, result } of answers) t.strictSame(result, [typeof id, id])
  t.strictSame(new Set(answers.map(({ id }) => id)), new Set(ids))
})

everyFace('27: an id may be used again after its answer, be it a result, an error or a refusal', async (t, open) => {
  const world = await open({ limits: { maxCallsInFlight: 1 } })
  const gate = addGate(world)
  const client = await world.join('ada')
  const call = (method: string): void => client.send({ id: 'x', method, jsonrpc: '2.0' })
  const code = async (method: string): Promise<unknown> => {
    call(method)
    const { id, result, error } = await client.next()
    t.equal(id, 'x')
    return error?.code ?? result
  }
  call('gate')
  await gate.entered
  t.equal(await code('ping'), -8001)
  gate.open()
  t.strictSame(await client.next(), { id: 'x', jsonrpc: '2.0', result: null })
  t.strictSame([await code('nope'), await code('sdpOffer'), await code('gate'), await code('ping'), await code('ping')], [-32601, -6001, null, 'pong', 'pong'])
})

const CALLS = 10_000

everyFace('28: of 10,000 requests in flight on one session 32 run, and the others are refused at once', async (t, open) => {
  const world = await open({ limits: { messageBurst: 2 * CALLS } })
  const echo = addEcho(world)
  const client = await world.join('ada')
  for (let id = 0; id < CALLS; id++) client.send(`{"id":${id},"method":"echo","jsonrpc":"2.0","params":{"value":${id}}}`)
  for (let id = 32; id < CALLS; id++) {
    const { id: refused, error } = await client.next()
    if (refused !== id || error?.code !== -8001) t.fail(`not the refusal of ${id}: ${JSON.stringify(refused)}`)
  }
  t.equal(echo.waiting, 32)
  t.equal(world.mse.counters.refusedByLimit, CALLS - 32)
  echo.release()
  const results = new Set<unknown>()
  while (results.size < 32) results.add((await client.next()).result)
  t.strictSame([...results].sort((a, b) => Number(a) - Number(b)), Array.from({ length: 32 }, (_, id) => id))
  await client.isSilent(t)
}, ['memory', 'websocket'])

everyFace('28: of 500 POSTs in flight on one session 32 run, and the others are refused at once', async (t, open) => {
  const world = await open({ limits: { messageBurst: 1_000 } })
  const echo = addEcho(world)
  const caller = await openCaller(world)
  let refused = 0
  const answers = Array.from({ length: 500 }, async (_, id) => {
    const response = await caller.post({ id, method: 'echo', jsonrpc: '2.0', params: { value: id } })
    const { id: echoed, error } = await response.json() as Frame
    if (response.status === 429) refused++
    return [echoed, error?.code ?? response.status]
  })
  await until(() => refused === 468)
  t.equal(echo.waiting, 32)
  echo.release()
  const codes = await Promise.all(answers)
  t.strictSame(codes.map(([echoed]) => echoed), codes.map((_, id) => id))
  t.strictSame([200, -8001].map((code) => codes.filter(([, answered]) => answered === code).length), [32, 468])
  await caller.post({ method: 'disconnect', jsonrpc: '2.0' })
}, ['post'])

everyFace('28: with the limits as they are, who sends 10,000 requests at once is closed with 4029', async (t, open) => {
  const world = await open()
  const gate = addGate(world)
  const client = await world.join('ada')
  let ran = 0
  world.mse.use((_call, next) => {
    ran++
    return next()
  })
  for (let id = 0; id < CALLS; id++) client.send(`{"id":${id},"method":"gate","jsonrpc":"2.0"}`)
  const codes = new Set<unknown>()
  for (let text = await client.wire.next(); text !== null; text = await client.wire.next()) codes.add((JSON.parse(text) as Frame).error?.code)
  t.equal(await client.closed, 4029)
  t.strictSame(codes, new Set([-8001]))
  t.equal(ran, 32)
  gate.open()
}, ['memory', 'websocket'])

everyFace('29: without an id, or with null, nothing is answered, whatever comes of it', async (t, open) => {
  const world = await open()
  world.mse.method(defineMethod({ name: 'fail', access: 'public' }), () => { throw new Error('of our own') })
  world.mse.method(defineMethod({ name: 'later', access: 'public' }), async () => { throw new Error('of our own') })
  const client = await world.join('ada')
  const methods = ['ping', 'fail', 'later', 'nope', 'auth', 'start', 'sdpOffer', '__proto__', 'rpc.x', 'chat']
  for (const method of methods) {
    client.send(`{"method":"${method}","jsonrpc":"2.0"}`)
    client.send(`{"id":null,"method":"${method}","jsonrpc":"2.0","params":{}}`)
  }
  client.send(methods.map((method) => ({ method, jsonrpc: '2.0', params: [] })))
  await client.isSilent(t)
  t.equal(world.engine.openPeers.length, 1, 'they did run')
})

everyFace('29: a POST of notifications alone is 200 with an empty body', async (t, open) => {
  const world = await open()
  const caller = await openCaller(world)
  for (const body of ['{"method":"ping","jsonrpc":"2.0"}', '{"id":null,"method":"nope","jsonrpc":"2.0"}', '[{"method":"nope","jsonrpc":"2.0"},{"id":null,"method":"start","jsonrpc":"2.0","params":7}]', '{"id":5,"result":1,"jsonrpc":"2.0"}']) {
    for (const response of [await caller.post(body), await post(world, body)]) {
      t.strictSame([response.status, await response.text()], [200, ''], body)
    }
  }
  await caller.post({ method: 'disconnect', jsonrpc: '2.0' })
}, ['post'])

everyFace('30: a notification to an unknown method or with bad params leaves no trace on the wire, and is counted', async (t, open) => {
  const world = await open({ limits: { maxRefusedAuths: 1_000 } })
  const client = await world.join('ada')
  const before = { ...world.mse.counters }
  const refused = [
    { method: 'nope' }, { method: '__proto__', id: null }, { method: 'rpc.x' }, { method: 'x'.repeat(200_000) }, { method: 'whoami' }, { method: 'ping', params: [] }, { method: 'auth', params: { token: 1 } },
    { method: 'auth', params: { token: 'x', version: '9' } }, { method: 'auth', params: { token: 'x', version: '1.0' } }, { method: 'iceCandidate', params: {} }, { method: 'chat', params: { to: 'x' } }
  ]
  for (const message of refused) client.send({ jsonrpc: '2.0', ...message })
  client.send(refused.map((message) => ({ jsonrpc: '2.0', ...message, method: message.method.slice(0, 1_000) })))
  await client.isSilent(t)
  const count = 2 * refused.length
  t.strictSame(world.mse.counters, { ...before, errors: before.errors + count, refusedNotifications: before.refusedNotifications + count })
})
