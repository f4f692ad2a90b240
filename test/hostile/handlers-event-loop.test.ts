/** What one text may cost: everybody else waits for it. */
import { type TSchema, Kind, Type, TypeRegistry } from '@sinclair/typebox'
import t from 'tap'
import { MSE_CONTRACTS, defineMethod } from '../../index.ts'
import { bench } from '../core/server-under-test.ts'
import { RawClient, open, portOf, startApp } from '../helpers/websocket-client.ts'
import { nothingIsAstray } from './stray-errors.ts'

/** The bytes that one text may have. */
const MAX_BYTES = 262_144

let checks = 0
TypeRegistry.Set('Counted', () => {
  checks++
  return false
})

t.test('94: of an array with 100,000 faults only the first is looked at', async (t) => {
  const { server, join } = bench()
  const item = Type.Unsafe<unknown>({ [Kind]: 'Counted' })
  server.method(defineMethod({ name: 'work', access: 'public', params: Type.Object({ list: Type.Array(item) }) }), () => null)
  const { send, next } = await join('ada')
  checks = 0
  send('work', { list: Array.from({ length: 100_000 }, () => 0) })
  t.match(await next(), { error: { code: -32602, data: { path: '/list/0' } } })
  t.ok(checks < 10, `${checks} items were looked at`)
})

/** Every schema within a schema. */
function * schemasIn (schema: unknown): Generator<TSchema> {
  if (typeof schema !== 'object' || schema === null) return
  yield schema as TSchema
  for (const value of Object.values(schema)) yield * schemasIn(value)
}

t.test('94: no contract of MSE has a pattern, which would be matched against whatever a client sends', async (t) => {
  for (const contract of MSE_CONTRACTS) {
    for (const schema of schemasIn([contract.params, 'sends' in contract ? contract.sends : null])) {
      if (Object.hasOwn(schema, 'pattern') || Object.hasOwn(schema, 'patternProperties') || Object.hasOwn(schema, 'format')) t.fail(`${contract.name}: ${JSON.stringify(schema)}`)
    }
  }
  t.pass('none')
})

/** Microseconds of the processor that a task takes, the least of several runs: neither other programs nor the collector of garbage count. */
function cpuMicroseconds (task: () => void): number {
  const runs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage()
    task()
    const { user, system } = process.cpuUsage(before)
    return user + system
  })
  return Math.min(...runs)
}

/** As many of a unit as a text has room for, with 100 bytes for what is around. */
const fill = (unit: string, around: string): string => around.replace('?', unit.repeat(Math.floor((MAX_BYTES - 100 - around.length) / unit.length)))
const call = (method: string, params: string): string => `{"id":1,"method":"${method}","jsonrpc":"2.0","params":${params}}`
const numbered = (make: (n: number) => string): string => Array.from({ length: 12_000 }, (_, n) => make(n)).join()

/** The most of everything that a text can be made of. */
const WORST: Readonly<Record<string, string>> = {
  'opening brackets': '['.repeat(MAX_BYTES),
  'opening objects': '{"a":'.repeat(MAX_BYTES / 5),
  'empty arrays in a batch': fill('[],', '[?1]'),
  'members of a batch': fill('1,', '[?1]'),
  'deep arrays': call('ping', fill(`${'['.repeat(28)}${']'.repeat(28)},`, '{"a":[?1]}')),
  'different keys': call('ping', `{${numbered((n) => `"key${n}":${n}`)}}`),
  'the same key': call('ping', fill('"a":1,', '{?"a":1}')),
  'a prototype at the end': call('ping', fill('"a",', '{"a":[?1],"b":{"__proto__":1}}')),
  escapes: call('ping', fill('\\u0041', '{"a":"?"}')),
  'a long method': call(fill('x', '?'), '{}'),
  'a long number': call('ping', fill('9', '{"a":?}')),
  'long ids in a batch': `[${Array.from({ length: 32 }, (_, n) => `{"id":"${n}${'x'.repeat(8_000)}","method":"ping","jsonrpc":"2.0"}`).join()}]`,
  'users of a chat': call('chat', `{"message":"x","to":[${numbered((n) => `"user${n}"`)}]}`),
  'faulty users of a chat': call('chat', fill('1,', '{"message":"x","to":[?1]}')),
  'a long path of a fault': call('chat', fill('/~', '{"message":"x","to":["?",1]}')),
  'an attachment': call('chat', fill('{"a":[1,{"b":"c"}]},', '{"message":"x","to":[],"attachment":[?1]}')),
  'a token of dots': call('auth', fill('.', '{"version":"1.0","token":"?"}')),
  'a version': call('auth', fill('1.', '{"token":"x","version":"?"}')),
  blanks: fill(' ', '?{"id":1,"method":"ping","jsonrpc":"2.0"}')
}

t.test('94: the worst text of 256 KiB costs not much more than to parse it', async (t) => {
  const { join } = bench({ limits: { messageBurst: 1_000_000 } })
  const { session, link } = await join('ada')
  await join('bob')
  for (const [name, text] of Object.entries(WORST)) {
    if (text.length > MAX_BYTES) t.fail(`${name} is too long`)
    const parsed = cpuMicroseconds(() => { try { JSON.parse(text) } catch {} })
    const spent = cpuMicroseconds(() => session.receive(text))
    // What is quadratic takes minutes here.
    t.ok(spent < 25 * Math.max(parsed, 2_000), `${name}: ${spent} µs, where JSON.parse takes ${parsed} µs`)
  }
  t.equal(link.closed, null)
})

/** Values at which a careless pattern would try for ever, as long as Node takes them. */
const HEADERS = ['(', ' ', ',', ', ', 'wait=', 'a,', '; ', 'application/json;', ', respond-async', 'Bearer ', '0', '.', 'a.', '-', ':', 'http://', '127.', 'localhost.', '[::1]', 'mse.v1 ,', '\t', 'x']
const NAMES = ['Content-Type', 'Accept', 'Prefer', 'Authorization', 'Last-Event-ID', 'Origin', 'Mse-Session', 'Mse-Seq', 'Mse-Ack', 'Sec-WebSocket-Protocol', 'Content-Encoding']

t.test('94: no header of 15,000 characters keeps the event loop busy', async (t) => {
  const app = await startApp(t)
  const other = await open(app)
  let asked = 0
  for (const name of NAMES) {
    const before = process.cpuUsage()
    for (const unit of HEADERS) {
      for (const [method, prefix] of [['POST', ''], ['POST', 'Bearer '], ['GET', 'text/event-stream, '], ['GET', 'wait=']] as const) {
        const raw = new RawClient(app)
        const value = `${prefix}${unit.repeat(15_000 / unit.length)} !`
        const headers = new Map([['Host', `127.0.0.1:${portOf(app)}`], ['Connection', 'close'], ['Content-Type', 'application/json'], ['Content-Length', '0'], [name, value]])
        raw.write(`${method} /mse HTTP/1.1\r\n${[...headers].map(([header, text]) => `${header}: ${text}\r\n`).join('')}\r\n`)
        if (/ (?:200|[45]\d\d) /.test(await raw.head())) asked++
        raw.socket.destroy()
      }
    }
    const { user, system } = process.cpuUsage(before)
    const each = (user + system) / 1_000 / (4 * HEADERS.length)
    t.ok(each < 50, `${name}: ${each.toFixed(1)} ms of the processor each, both ends`)
  }
  t.equal(asked, NAMES.length * HEADERS.length * 4, 'every one has an answer')
  t.match(await other.call('ping'), { result: 'pong' })
  await other.close()
  await nothingIsAstray(t)
})
