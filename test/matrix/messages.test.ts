import { Type } from '@sinclair/typebox'
import { defineMethod } from '../../index.ts'
import { addGate } from './gate.ts'
import { requirement } from './requirement.ts'

const PONG = (id: unknown): object => ({ id, jsonrpc: '2.0', result: 'pong' })
const PARSE_ERROR = { id: null, jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } }
const NO_MESSAGE = (id: unknown = null): object => ({ id, jsonrpc: '2.0', error: { code: -1001, message: 'Invalid json rpc 2.0 object' } })
const NOT_FOUND = { code: -32601, message: 'Method not found' }

requirement('MSE-MSG-1', 'answers -1001 to JSON that is no message, with the id that it has', async (t, open) => {
  const client = await (await open()).open()
  for (const text of ['null', 'true', '1', '"x"', '{}', '{"hello":1}', '{"method":"ping","jsonrpc":"2.0","id":1.5}']) {
    t.strictSame(await client.exchange(text), NO_MESSAGE(), text)
  }
  for (const message of [
    { id: 7, method: 'ping' }, { id: 7, method: 'ping', jsonrpc: '1.0' }, { id: 7, method: 'ping', jsonrpc: 2.0 },
    { id: 7, jsonrpc: '2.0' }, { id: 7, method: '', jsonrpc: '2.0' }, { id: 7, method: 8, jsonrpc: '2.0' }, { id: 7, method: null, jsonrpc: '2.0' }
  ]) t.strictSame(await client.exchange(message), NO_MESSAGE(7), JSON.stringify(message))
  await client.isSilent(t, 'the link is open')
})

requirement('MSE-MSG-2', 'answers -32700 to what is not JSON and goes on', async (t, open) => {
  const client = await (await open()).open()
  for (const text of ['', ' ', '{bad', '{"id":1,}', "{'id':1}", '[1', 'NaN', '01', '{}{}', '{}\n{}', '{} x', 'undefined']) {
    t.strictSame(await client.exchange(text), PARSE_ERROR, text)
  }
  await client.isSilent(t, 'the link is open')
})

requirement('MSE-MSG-3', 'refuses depth, prototype keys, a byte order mark and bad UTF-8 as a parse error', async (t, open) => {
  const client = await (await open()).open()
  const ping = (params: string): string => `{"id":1,"method":"ping","jsonrpc":"2.0","params":${params}}`
  const nested = (depth: number): string => ping('{"a":'.repeat(depth - 1) + '1' + '}'.repeat(depth - 1))
  t.strictSame(await client.exchange(nested(32)), PONG(1), '32 levels')
  for (const text of [
    nested(33), '['.repeat(33) + ']'.repeat(33),
    ping('{"__proto__":{"a":1}}'), ping('{"__proto__":1}'), ping('{"\\u005f_proto__":{}}'), ping('{"a":[{"__proto__":{}}]}'),
    ping('{"constructor":{"prototype":{}}}'), ping('{"c\\u006fnstructor":{"prototype":1}}'), ping('[[{"constructor":{"prototype":null}}]]'),
    `\ufeff${ping('{}')}`
  ]) t.strictSame(await client.exchange(text), PARSE_ERROR, text.slice(0, 80))
  t.strictSame(await client.exchange(ping('{"constructor":"x"}')), PONG(1), 'a key named constructor alone is fine')
  const bytes = Buffer.from(ping('{"a":"?"}'))
  bytes[bytes.indexOf('?')] = 0xff
  t.strictSame(await client.exchange(bytes), PARSE_ERROR, 'bytes that are not UTF-8')
})

requirement('MSE-MSG-4', 'takes the last of two equal keys', async (t, open) => {
  const client = await (await open()).open()
  t.strictSame(await client.exchange('{"id":1,"id":2,"method":"nope","method":"ping","jsonrpc":"1.0","jsonrpc":"2.0"}'), PONG(2))
})

requirement('MSE-MSG-5', 'ignores members that it does not know', async (t, open) => {
  const world = await open()
  const client = await world.open()
  t.strictSame(await client.exchange({ id: 1, method: 'ping', jsonrpc: '2.0', extra: { a: 1 }, params: { b: 2 } }), PONG(1))
  t.equal(await client.succeed('auth', { token: world.token(), version: '1.0', device: 'tv' }), 'authenticated')
})

requirement('MSE-MSG-6', 'answers -1001 to a message that is a call and a response', async (t, open) => {
  const client = await (await open()).open()
  for (const more of [{ result: 1 }, { result: null }, { error: { code: 1 } }, { error: null, result: 1 }]) {
    t.strictSame(await client.exchange({ id: 5, method: 'ping', jsonrpc: '2.0', ...more }), NO_MESSAGE(5), JSON.stringify(more))
  }
})

requirement('MSE-MSG-7', 'drops and counts responses', async (t, open) => {
  const { open: connect, mse } = await open()
  const client = await connect()
  const responses = [{ id: 1, result: 1 }, { id: null, error: { code: -32700 } }, { result: null }, { id: 'x', result: 1, error: {} }, { id: 1.5, result: 1 }]
  for (const response of responses) client.send({ jsonrpc: '2.0', ...response })
  await client.isSilent(t)
  t.equal(mse.counters.strayResponses, responses.length)
})

requirement('MSE-MSG-8', 'looks names up exactly, inherited ones included', async (t, open) => {
  const world = await open()
  const client = await world.open()
  for (const method of ['Ping', 'ping ', 'pi\u0000ng', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'rpc.discover', '$/nope', 'x'.repeat(10_000)]) {
    t.strictSame(await client.fail(method), NOT_FOUND, JSON.stringify(method).slice(0, 20))
  }
})

requirement('MSE-MSG-9', 'takes an object as params, or none where none is needed', async (t, open) => {
  const world = await open()
  world.mse.method(defineMethod({ name: 'loose', access: 'public', params: Type.Unknown() }), () => null)
  const client = await world.open()
  for (const method of ['ping', 'auth', 'loose']) {
    for (const params of [[], null, 0, '', 'x', true, [{ token: 'x', version: '1.0' }]]) t.match(await client.fail(method, params), { code: -32602 }, `${method} ${JSON.stringify(params)}`)
  }
  t.equal(await client.succeed('ping'), 'pong')
  t.equal(await client.succeed('ping', {}), 'pong')
  t.match(await client.fail('auth'), { code: -32602 }, 'absent where some are needed')
})

requirement('MSE-MSG-10', 'answers each request once, with its id and a result or an error', async (t, open) => {
  const client = await (await open()).open()
  t.strictSame(await client.exchange({ id: 'a', method: 'ping', jsonrpc: '2.0' }), PONG('a'))
  t.strictSame(await client.exchange({ id: 'b', method: 'nope', jsonrpc: '2.0' }), { id: 'b', jsonrpc: '2.0', error: NOT_FOUND })
  await client.isSilent(t)
})

requirement('MSE-ID-1', 'echoes strings of 1 to 128 characters and safe integers with their type', async (t, open) => {
  const client = await (await open()).open()
  const ids = [0, 1, -1, '0', '1', ' ', 'x'.repeat(128), 2 ** 53 - 1, -(2 ** 53 - 1), 'a"b\\c\u0000\n', '\u2028', '😀'.repeat(64), '\ud800', 'null']
  for (const [index, id] of ids.entries()) t.strictSame(await client.exchange({ id, method: 'ping', jsonrpc: '2.0' }), PONG(id), `id ${index}`)
})

requirement('MSE-ID-2', 'answers -1001 with id null to an id that it could not echo', async (t, open) => {
  const client = await (await open()).open()
  for (const id of ['""', '1.5', 'true', 'false', '{}', '[]', '[1]', '1e400', '-1e400', '9007199254740992', '1e21', '9'.repeat(400), `"${'x'.repeat(129)}"`]) {
    t.strictSame(await client.exchange(`{"id":${id},"method":"ping","jsonrpc":"2.0"}`), NO_MESSAGE(), id.slice(0, 40))
  }
})

requirement('MSE-ID-3', 'never answers a notification, and counts those that it refuses', async (t, open) => {
  const { open: connect, mse } = await open()
  const client = await connect()
  for (const message of [{ method: 'ping' }, { method: 'ping', id: null }, { method: 'nope' }, { method: 'auth', id: null, params: 5 }, { method: 'start' }]) {
    client.send({ jsonrpc: '2.0', ...message })
  }
  await client.isSilent(t)
  t.equal(mse.counters.refusedNotifications, 3)
})

requirement('MSE-ID-4', 'answers both requests of one id, and takes an id again', async (t, open) => {
  const world = await open()
  const gate = addGate(world)
  const client = await world.join('ada')
  const call = (id: unknown, method: string): void => client.send({ id, method, jsonrpc: '2.0' })
  call(1, 'gate')
  call(1, 'gate')
  call('1', 'gate')
  call(1, 'ping')
  t.strictSame(await client.next(), PONG(1), 'while the others are in flight')
  gate.open()
  const answer = (id: unknown): object => ({ id, jsonrpc: '2.0', result: null })
  const answers = [await client.next(), await client.next(), await client.next()]
  t.strictSame(answers.sort((a, b) => (typeof a.id).localeCompare(typeof b.id)), [answer(1), answer(1), answer('1')])
  t.strictSame(await client.exchange({ id: 1, method: 'ping', jsonrpc: '2.0' }), PONG(1), 'after the answers')
})

requirement('MSE-ID-5', 'writes id null into its notifications, or leaves it out when told to', async (t, open) => {
  for (const [options, id] of [[{}, { id: null }], [{ notificationId: 'null' }, { id: null }], [{ notificationId: 'omit' }, {}]] as const) {
    const world = await open(options)
    const [ada, bob] = [await world.join('ada'), await world.join('bob')]
    ada.tell('chat', { to: [], message: 'x' })
    t.strictSame(await bob.next(), { ...id, method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'x', from: 'ada' } })
  }
})
