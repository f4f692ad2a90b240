import { Type } from '@sinclair/typebox'
import { defineMethod } from '../../index.ts'
import type { Call } from '../../lib/core/call.ts'
import type { Client, Frame } from '../matrix/client.ts'
import { addGate } from '../matrix/gate.ts'
import type { World } from '../matrix/harness.ts'
import { everyFace } from './every-face.ts'

const NO_MESSAGE = (id: unknown = null): object => ({ id, jsonrpc: '2.0', error: { code: -1001, message: 'Invalid json rpc 2.0 object' } })
const ping = (id: unknown): object => ({ id, method: 'ping', jsonrpc: '2.0' })

/** Names that every object answers to: members of the prototypes that a careless look-up would find. */
const INHERITED = [...new Set([Object.prototype, Function.prototype, Array.prototype, Map.prototype, Promise.prototype].flatMap((prototype) => Object.getOwnPropertyNames(prototype)))]

/** Names of the methods that ran, in order. */
function record ({ mse }: World): string[] {
  const ran: string[] = []
  mse.use((call, next) => {
    ran.push(call.contract.name)
    return next()
  })
  return ran
}

/** The link is open and nothing else has come. */
async function goesOn (client: Client): Promise<void> {
  await client.succeed('ping')
}

everyFace('14: null, true, a number and a string are answered -1001 with id null', async (t, open) => {
  const client = await (await open()).open()
  const texts = [
    'null', 'true', 'false', '0', '-0', '1', '-1.5', '1e400', '-1e400', '5e-324', '9'.repeat(400), '""', '"x"', '"ping"', '"\\ud800"', '"\\u0000"', '"__proto__"',
    '"{\\"id\\":1,\\"method\\":\\"ping\\",\\"jsonrpc\\":\\"2.0\\"}"', `"${'x'.repeat(16_000)}"`, ' \t\r\n null \n'
  ]
  for (const text of texts) t.strictSame(await client.exchange(text), NO_MESSAGE(), text.slice(0, 60))
  for (const text of texts) t.strictSame(await client.exchange(Buffer.from(text)), NO_MESSAGE(), `${text.slice(0, 60)} as bytes`)
  await goesOn(client)
})

everyFace('15: an empty batch and one of 33 or more are one -1001 and nothing of them runs; [1] is an array with one', async (t, open) => {
  const world = await open()
  const ran = record(world)
  const client = await world.join('ada')
  ran.length = 0
  t.strictSame(await client.exchange('[]'), NO_MESSAGE(), 'empty')
  t.strictSame(await client.exchange('[ \n ]'), NO_MESSAGE(), 'empty, with blanks')
  for (const members of [
    Array.from({ length: 33 }, (_, id) => ping(id)), Array.from({ length: 33 }, () => ({ method: 'disconnect', jsonrpc: '2.0' })),
    Array.from({ length: 32 }, (_, id) => ping(id)).concat([[]]), Array.from({ length: 100_000 }, () => 1), Array.from({ length: 80_000 }, () => [])
  ]) t.strictSame(await client.exchange(members), NO_MESSAGE(), `${members.length} members`)
  t.strictSame(ran, [], 'nothing ran')
  t.strictSame(await client.exchange('[1]'), [NO_MESSAGE()])
  t.strictSame(await client.exchange([[ping(1)], [], [[]], {}, null, '', ping(2)]), [...Array.from({ length: 6 }, () => NO_MESSAGE()), { id: 2, jsonrpc: '2.0', result: 'pong' }])
  t.strictSame(await client.exchange(Array.from({ length: 32 }, () => null)), Array.from({ length: 32 }, () => NO_MESSAGE()), '32 that are none')
  t.strictSame(ran, ['ping'], 'only the one that is a message')
  await goesOn(client)
})

everyFace('16: a jsonrpc that is missing or not "2.0" is -1001, with the id where it is a good one', async (t, open) => {
  const world = await open({ limits: { messageBurst: 1_000 } })
  const ran = record(world)
  const client = await world.open()
  const versions: unknown[] = ['1.0', '2', '2.0 ', ' 2.0', '2.0\u0000', '\uff12.0', '２.０', 'v2.0', '', '2.00', 2, 2.0, 20, true, null, [], ['2.0'], {}, { 0: '2.0' }, { toString: '2.0' }]
  for (const jsonrpc of [undefined, ...versions]) {
    for (const [id, echoed] of [[7, 7], ['x', 'x'], [0, 0], [null, null], [undefined, null], ['', null], [1.5, null], [{}, null], [true, null]]) {
      const text = JSON.stringify({ id, method: 'ping', jsonrpc })
      t.strictSame(await client.exchange(text), NO_MESSAGE(echoed), text)
    }
  }
  t.strictSame(ran, [], 'nothing ran')
  await goesOn(client)
})

everyFace('17: a method that is missing, no string, empty, huge, reserved or inherited is -1001 or -32601', async (t, open) => {
  const world = await open({ limits: { messageBurst: 1_000 } })
  const ran = record(world)
  const client = await world.join('ada')
  for (const method of [undefined, null, '', 0, 1, true, [], ['ping'], {}, { toString: 'ping' }]) {
    t.strictSame(await client.exchange({ id: 7, method, jsonrpc: '2.0' }), NO_MESSAGE(7), `method ${JSON.stringify(method)}`)
  }
  ran.length = 0
  const names = [
    ...INHERITED, '__proto__', 'rpc.', 'rpc.x', 'rpc.discover', 'PING', 'ping\n', '\u0000ping', 'pi\u200bng', 'pіng', 'ping.call', 'x'.repeat(200_000), '\ud800', ' '
  ]
  for (const method of names) {
    const params = { received: -1 }
    t.strictSame(await client.exchange({ id: 7, method, jsonrpc: '2.0', params }), { id: 7, jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' } }, `method ${JSON.stringify(method).slice(0, 40)}`)
  }
  // By POST these take no number within a session.
  const huge = await world.open()
  for (const method of ['$/', '$/ack', '$/resume', '$/session', '$/ticket', '$/__proto__']) t.match(await huge.fail(method, { received: -1 }), { code: -32601 }, method)
  t.strictSame(ran, [], 'nothing ran')
  huge.send({ id: 7, method: 'x'.repeat(1_048_576), jsonrpc: '2.0' })
  if (world.transport === 'post') t.equal(await huge.wire.next(), null, 'a megabyte is not even read')
  else await huge.isClosed(t, 1009)
  await goesOn(client)
})

everyFace('18: an array, null or a scalar is -32602 wherever params are an object', async (t, open) => {
  const world = await open({ environment: 'development', limits: { messageBurst: 1_000 } })
  const schemas = { anything: Type.Any(), unknown: Type.Unknown(), record: Type.Record(Type.String(), Type.Unknown()), partial: Type.Partial(Type.Object({ a: Type.Number() })), list: Type.Array(Type.Unknown()) }
  for (const [name, params] of Object.entries(schemas)) world.mse.method(defineMethod({ name, access: 'public', params: params as never }), () => null)
  const ran = record(world)
  const client = await world.join('ada', { start: true })
  ran.length = 0
  for (const method of [...Object.keys(schemas), 'ping', 'auth', 'start', 'whoami', 'sdpOffer', 'iceCandidate', 'chat', 'disconnect']) {
    for (const params of [[], [{}], [['token', 'x']], null, 0, 1, '', '{}', true, false]) {
      const error = await client.fail(method, params)
      t.match(error, { code: -32602, data: { path: '', reason: 'Expected object' } }, `${method} ${JSON.stringify(params)}`)
    }
  }
  t.strictSame(ran, [], 'no handler has seen one')
  t.equal(await client.succeed('partial', {}), null)
  await goesOn(client)
})

everyFace('19: unknown members are ignored, and never become members of an object of the server', async (t, open) => {
  const world = await open({ environment: 'development' })
  const calls: Call[] = []
  world.mse.use((call, next) => {
    calls.push(call)
    return next()
  })
  const client = await world.join('ada')
  const [{ role, userId }, keys] = [await client.succeed('whoami') as Record<string, unknown>, Object.keys(calls.at(-1) ?? {}).sort()]
  const names = [
    'members', 'session', 'contract', 'isOverdue', 'identity', 'record', 'succeeded', 'role', 'userId', 'then', 'toString', 'valueOf', 'toJSON', 'hasOwnProperty', 'constructor', 'length', '', '/', '0'
  ]
  const extras = { kind: 'response', ...Object.fromEntries(names.map((name) => [name, 'super'])) }
  for (const params of [undefined, extras]) {
    t.match((await client.exchange({ ...extras, id: 1, method: 'whoami', jsonrpc: '2.0', params })).result, { role, userId }, 'the identity is the token\'s')
    t.strictSame(Object.keys(calls.at(-1) ?? {}).sort(), keys, 'a call has its own members')
  }
  t.match(await client.exchange({ ...extras, id: 1, method: 'sdpOffer', jsonrpc: '2.0', params: { offer: 'v=0' } }), { error: { code: -6001 } }, 'nothing has succeeded because a message says so')
  await goesOn(client)
})

everyFace('19: what a chat brings beside its own params is not carried on', async (t, open) => {
  const world = await open()
  const [ada, bob] = [await world.join('ada'), await world.join('bob')]
  ada.tell('chat', { to: [], message: 'x', from: 'root', id: 7, method: 'disconnect', jsonrpc: '1.0', role: 'super', then: 1, toJSON: 'x' })
  t.strictSame(await bob.next(), { id: null, method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'x', from: 'ada' } })
}, ['memory', 'websocket'])

everyFace('20: a response to nothing, or to a call that the server has of us, is dropped, counted and not answered', async (t, open) => {
  const world = await open()
  const gate = addGate(world)
  const client = await world.join('ada')
  const id = client.request('gate')
  await gate.entered
  const responses = [
    { id, result: 'forged' }, { id, error: { code: -32603, message: 'forged' } }, { id: String(id), result: 1 }, { id: 0, result: null }, { id: 'never asked', result: {} },
    { id: 1, result: 1, error: null }, { id: 1, result: 1, error: { code: 1, message: 'both' } }, { id: 1, error: 'no object' }, { id: 1, error: false }, { id: [], result: 1 }, { result: 0 },
    { id: 1, result: { jsonrpc: '2.0', id: 2, method: 'ping' } }
  ]
  for (const response of responses) client.send({ jsonrpc: '2.0', ...response })
  client.send(responses.map((response) => ({ jsonrpc: '2.0', ...response })))
  // The batch holds back what comes after it until it is through; the gate is not in it.
  await client.isSilent(t)
  t.equal(world.mse.counters.strayResponses, 2 * responses.length)
  gate.open()
  t.strictSame(await client.next(), { id, jsonrpc: '2.0', result: null }, 'the call has its own result')
})

everyFace('21: a response with id null, as some libraries send it to a notification, is dropped silently', async (t, open) => {
  const world = await open()
  const client = await world.open()
  const before = { ...world.mse.counters }
  for (const text of [
    '{"jsonrpc":"2.0","id":null,"result":null}', '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}',
    '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}', '{"jsonrpc":"2.0","result":false}', '[{"jsonrpc":"2.0","id":null,"result":1}]'
  ]) client.send(text)
  await client.isSilent(t)
  t.strictSame(world.mse.counters, { ...before, strayResponses: before.strayResponses + 5 }, 'and no other figure moves')
})

everyFace('22: a message that is a call and a response is -1001, and does not run', async (t, open) => {
  const world = await open()
  const ran = record(world)
  const client = await world.join('ada')
  ran.length = 0
  for (const more of [{ result: 1 }, { result: null }, { result: false }, { error: null }, { error: {} }, { error: 0, result: '' }]) {
    for (const [id, echoed] of [[7, 7], [null, null], [undefined, null], [{}, null]]) {
      for (const method of ['ping', 'disconnect', '', null, 5]) {
        t.strictSame(await client.exchange({ id, method, jsonrpc: '2.0', ...more }), NO_MESSAGE(echoed), JSON.stringify({ id, method, ...more }))
        world.clock.advance(1_000)
      }
    }
  }
  t.strictSame(ran, [], 'nothing ran')
  await goesOn(client)
})

everyFace('23: no error repeats more than 64 characters of what was sent', async (t, open) => {
  const world = await open({ limits: { messageBurst: 1_000, maxRefusedAuths: 1_000 } })
  const schemas = {
    record: Type.Record(Type.String(), Type.Number()),
    closed: Type.Object({ a: Type.Optional(Type.Number()) }, { additionalProperties: false }),
    nested: Type.Object({ a: Type.Record(Type.String(), Type.Record(Type.String(), Type.Literal('x'))) }),
    pattern: Type.Object({ a: Type.String({ pattern: '^y$', maxLength: 3 }) })
  }
  for (const [name, params] of Object.entries(schemas)) world.mse.method(defineMethod({ name, access: 'public', params }), () => null)
  const client = await world.join('ada')
  // No piece of 65 characters is there twice, so that any repetition is found.
  const canary = Array.from({ length: 1_000 }, (_, index) => index.toString(36)).join('')
  const pieces = Array.from({ length: canary.length - 65 }, (_, start) => canary.slice(start, start + 65))
  const repeats = (error: Frame['error']): string | undefined => pieces.find((piece) => JSON.stringify(error).includes(piece))
  t.equal(repeats(await (await world.open()).fail(`$/${canary}`)), undefined)
  const inputs: unknown[] = [
    canary, `{"${canary}`, `${canary}{}`, `{"__proto__":"${canary}"}`, { [canary]: canary }, { id: canary, method: 'ping', jsonrpc: '2.0' }, { id: 1, method: canary, jsonrpc: canary },
    { id: 1, method: canary, jsonrpc: '2.0' }, { id: 1, method: `rpc.${canary}`, jsonrpc: '2.0' }, [canary], Array.from({ length: 33 }, () => canary.slice(0, 300)),
    ...[canary, [canary], { [canary]: canary }, { token: canary }, { token: { [canary]: 1 }, version: '1.0' }, { token: canary, version: canary }, { token: canary, version: '1.0' }, { version: { canary } }]
      .map((params) => ({ id: 1, method: 'auth', jsonrpc: '2.0', params })),
    { id: 1, method: 'record', jsonrpc: '2.0', params: { [canary]: 'x' } }, { id: 1, method: 'closed', jsonrpc: '2.0', params: { [canary]: 'x' } },
    { id: 1, method: 'nested', jsonrpc: '2.0', params: { a: { [canary]: { [canary]: canary } } } }, { id: 1, method: 'nested', jsonrpc: '2.0', params: { a: { x: { [`~/${canary}`]: canary } } } },
    { id: 1, method: 'pattern', jsonrpc: '2.0', params: { a: canary } }, { id: 1, method: 'sdpOffer', jsonrpc: '2.0', params: { offer: { type: canary, sdp: canary } } },
    { id: 1, method: 'chat', jsonrpc: '2.0', params: { to: { [canary]: canary }, message: canary } }
  ]
  for (const input of inputs) {
    const text = typeof input === 'string' ? input : JSON.stringify(input)
    const answer = await client.exchange<Frame | Frame[]>(text)
    for (const { error } of [answer].flat()) {
      t.type(error?.code, 'number', text.slice(0, 60))
      t.equal(repeats(error), undefined, text.slice(0, 60))
    }
  }
})
