/** Group A of the hostile cases: JSON text. */
import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { defineMethod } from '../../index.ts'
import type { Client } from '../matrix/client.ts'
import { type Transport, type World, openWorld } from '../matrix/harness.ts'
import { type Wire, websocketWire } from '../matrix/wires.ts'
import { CORPUS } from './corpus/corpus.ts'

const TRANSPORTS: readonly Transport[] = ['websocket', 'post', 'memory']
const MEBIBYTE = 1_048_576
const NO_RATE = { messagesPerSecond: 1e9, messageBurst: 1e9 }
const NO_SIZE = { ...NO_RATE, maxMessageBytes: 4 * MEBIBYTE, maxUnauthenticatedMessageBytes: 4 * MEBIBYTE }

const PARSE_ERROR = { id: null, jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } }
const NO_MESSAGE = { id: null, jsonrpc: '2.0', error: { code: -1001, message: 'Invalid json rpc 2.0 object' } }
const Echo = defineMethod({ name: 'echo', access: 'public', params: Type.Object({ value: Type.Unknown() }), result: Type.Unknown() })
const Sum = defineMethod({ name: 'sum', access: 'public', params: Type.Object({ of: Type.Array(Type.Number()) }), result: Type.Number() })

interface Case { readonly client: Client, readonly world: World, readonly transport: Transport }

/** One case of the list, over each transport on a server of its own. */
function hostile (number: number, sentence: string, body: (t: Test, opened: Case) => Promise<void>, limits: object = NO_SIZE): void {
  t.test(`${number}. ${sentence}`, async (t) => {
    for (const transport of TRANSPORTS) {
      await t.test(`over ${transport}`, async (t) => {
        const world = await openWorld(t, transport, { limits })
        world.mse.method(Echo, ({ value }) => value)
        world.mse.method(Sum, ({ of }) => of.reduce((sum, value) => sum + value, 0))
        const client = await world.open()
        await body(t, { client, world, transport })
        t.strictSame(Object.keys(Object.prototype), [], 'prototypes are as they were')
      })
    }
  })
}

const echo = (value: string): string => `{"id":1,"method":"echo","jsonrpc":"2.0","params":{"value":${value}}}`
const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** The status and the body with which a POST is answered. */
async function post (world: World, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<{ status: number, body: string }> {
  const response = await fetch(`${world.url}/mse`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(body as string) })
  return { status: response.status, body: await response.text() }
}

/** The code that closes a WebSocket on which these bytes come as a text frame. */
async function closeOfText (world: World, bytes: Uint8Array): Promise<number> {
  const { socket, closed } = await websocketWire(`${world.url.replace('http', 'ws')}/mse`)
  socket.send(bytes, { binary: false })
  return closed
}

/** Long texts that are parsed from now on: what is refused for its size or its depth must not be among them. */
function watchParser (t: Test): () => number {
  const parsed = t.capture(JSON, 'parse', JSON.parse)
  return () => parsed().filter(({ args: [text] }) => String(text).length > 4_096).length
}

hostile(1, 'what is not JSON is answered -32700 with id null, and the link goes on', async (t, { client, world, transport }) => {
  for (const text of ['{bad', '{"id":7,bad}', '{"id":7,"method":"ping","jsonrpc":"2.0"', 'ping']) t.strictSame(await client.exchange(text), PARSE_ERROR, text)
  await client.isSilent(t, 'the link is open')
  if (transport === 'post') t.strictSame(await post(world, '{bad'), { status: 400, body: JSON.stringify(PARSE_ERROR) })
})

hostile(2, 'an empty text is answered -32700', async (t, { client, world, transport }) => {
  t.strictSame(await client.exchange(''), PARSE_ERROR)
  t.strictSame(await client.exchange(new Uint8Array()), PARSE_ERROR)
  await client.isSilent(t)
  if (transport === 'post') t.strictSame(await post(world, '', { 'content-length': '0' }), { status: 400, body: JSON.stringify(PARSE_ERROR) })
})

hostile(3, 'bytes that are not UTF-8 are never read as something else', async (t, { client, world, transport }) => {
  for (const bad of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    const bytes = Buffer.concat([Buffer.from('{"id":1,"method":"echo","jsonrpc":"2.0","params":{"value":"'), Buffer.from(bad), Buffer.from('"}}')])
    t.strictSame(await client.exchange(bytes), PARSE_ERROR, `${bad}`)
    if (transport === 'websocket') t.equal(await closeOfText(world, bytes), 1007, 'a text frame closes the link')
  }
  await client.isSilent(t)
})

hostile(4, 'UTF-16 is refused, whatever the header says', async (t, { client, world, transport }) => {
  const ping = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
  const little = Buffer.from(ping, 'utf16le')
  const big = Buffer.from(little).swap16()
  for (const bytes of [little, big, Buffer.concat([Buffer.from([0xff, 0xfe]), little])]) {
    t.strictSame(await client.exchange(bytes), PARSE_ERROR)
    if (transport !== 'post') continue
    for (const charset of ['utf-16', 'utf-16le', 'UTF-16BE', 'iso-8859-1', 'us-ascii', '']) {
      t.strictSame(await post(world, bytes, { 'content-type': `application/json; charset=${charset}` }), { status: 415, body: '' }, charset)
    }
  }
  if (transport === 'post') t.equal((await post(world, ping, { 'content-type': 'application/json; charset=utf-8' })).status, 200, 'and UTF-8 is taken by its name')
})

hostile(5, 'a byte order mark is refused, in text and in bytes', async (t, { client }) => {
  const text = `\ufeff${echo('1')}`
  for (const input of [text, Buffer.from(text), '\ufeff', `${echo('1')}\ufeff`, `\ufeff\ufeff${echo('1')}`]) t.strictSame(await client.exchange(input), PARSE_ERROR)
  t.strictSame(await client.exchange(echo('"\ufeff"')), { id: 1, jsonrpc: '2.0', result: '\ufeff' }, 'and is a character like any other in a string')
})

hostile(6, 'a text that nests deeper than 32 is answered -32700, a long one before it is parsed', async (t, { client }) => {
  t.strictSame(await client.exchange(echo(arrays(30))), { id: 1, jsonrpc: '2.0', result: JSON.parse(arrays(30)) }, '32 with the two of the call')
  for (const text of [echo(arrays(31)), arrays(33), arrays(300)]) t.strictSame(await client.exchange(text), PARSE_ERROR)
  const parsedLong = watchParser(t)
  for (const depth of [5_000, 100_000, 500_000]) {
    for (const text of [arrays(depth), echo(arrays(depth)), '{"a":'.repeat(depth) + '1' + '}'.repeat(depth), '['.repeat(depth), `["\\\\","${'x'.repeat(5_000)}\\"",${arrays(depth)}]`]) {
      t.strictSame(await client.exchange(text), PARSE_ERROR, `${depth} levels`)
    }
  }
  t.equal(parsedLong(), 0)
  t.equal((await client.exchange<{ result: unknown[] }>(echo(`["\\"${'['.repeat(50_000)}"${',[]'.repeat(50_000)}]`))).result.length, 50_001, 'and brackets in strings and beside one another are no levels')
})

hostile(7, 'every text of the corpus is taken or refused as written down', async (t, { client }) => {
  for (const { name, input, isTaken } of Object.values(CORPUS).flat()) {
    client.send(Buffer.from(input as string))
    const { error } = [await client.next()].flat()[0] ?? {}
    if ((error?.code === -32700) === isTaken) t.fail(`${name} is ${isTaken ? 'refused' : 'taken'}`)
  }
  await client.isSilent(t)
})

hostile(8, 'of equal keys the last one wins', async (t, { client }) => {
  t.strictSame(await client.exchange('{"id":1,"id":2,"method":"nope","method":"echo","jsonrpc":"1.0","jsonrpc":"2.0","params":[],"params":{"value":1,"value":[2]}}'), { id: 2, jsonrpc: '2.0', result: [2] })
  t.strictSame(await client.exchange('{"id":1,"id":null,"id":{},"method":"ping","jsonrpc":"2.0"}'), NO_MESSAGE, 'though it is no id')
})

hostile(9, 'a number that cannot be echoed is no id, and one without an end no param', async (t, { client }) => {
  for (const id of ['1e400', '-1e400', '9007199254740992', '9007199254740993', '-9007199254740992', '9'.repeat(400), '0.5', '1e21']) {
    t.strictSame(await client.exchange(`{"id":${id},"method":"ping","jsonrpc":"2.0"}`), NO_MESSAGE, id.slice(0, 30))
  }
  for (const id of ['-0', '0', '1.0', '1e3', '9007199254740991']) {
    t.strictSame(await client.exchange(`{"id":${id},"method":"ping","jsonrpc":"2.0"}`), { id: Number(id) + 0, jsonrpc: '2.0', result: 'pong' }, id)
  }
  for (const number of ['1e400', '-1e400', '9'.repeat(400)]) {
    const text = `{"id":1,"method":"sum","jsonrpc":"2.0","params":{"of":[1,${number}]}}`
    t.match(await client.exchange(text), { id: 1, error: { code: -32602, data: { path: '/of/1' } } }, number.slice(0, 30))
  }
  t.strictSame(await client.exchange('{"id":1,"method":"sum","jsonrpc":"2.0","params":{"of":[-0,9007199254740993]}}'), { id: 1, jsonrpc: '2.0', result: 2 ** 53 })
})

hostile(10, 'a lone surrogate is a character like any other, and what comes back is well-formed', async (t, { client }) => {
  for (const lone of ['\\ud800', '\\udfff', '\\ud83d\\ud83d', '\\ude00\\ud83d']) {
    client.send(`{"id":"${lone}","method":"echo","jsonrpc":"2.0","params":{"value":{"${lone}":"a${lone}b"}}}`)
    t.equal(await client.nextText(), `{"id":"${lone}","jsonrpc":"2.0","result":{"${lone}":"a${lone}b"}}`, 'in an id, a key and a value')
    t.match(await client.exchange(`{"id":1,"method":"${lone}","jsonrpc":"2.0"}`), { id: 1, error: { code: -32601 } }, 'in a method')
  }
  await client.isSilent(t)
})

hostile(11, 'control characters are taken in params and name no method and no session', async (t, { client, world, transport }) => {
  const controls = Array.from({ length: 32 }, (_, code) => `\\u${code.toString(16).padStart(4, '0')}`)
  for (const escape of controls) t.strictSame(await client.exchange(echo(`"a${escape}"`)), { id: 1, jsonrpc: '2.0', result: JSON.parse(`"a${escape}"`) }, escape)
  for (const name of ['ping\\u0000', '\\u0000ping', 'pi\\u0000ng', 'ping\\n', 'ping\\u007f', '\\u0000']) {
    t.match(await client.exchange(`{"id":1,"method":"${name}","jsonrpc":"2.0"}`), { id: 1, error: { code: -32601 } }, name)
  }
  if (transport === 'post') {
    const { status } = await post(world, '{"id":1,"method":"ping","jsonrpc":"2.0"}', { 'mse-session': 'x\u0080y' })
    t.equal(status, 404)
  }
  if (transport === 'websocket') t.match(await resume(world, 'x\\u0000y'), { resumed: false, reason: 'unknown' })
})

/** What a wish to go on with a session of that name is answered. */
async function resume (world: World, session: string): Promise<unknown> {
  const wire: Wire = await websocketWire(`${world.url.replace('http', 'ws')}/mse`, ['mse.v1.resume'])
  wire.send(`{"id":1,"method":"$/resume","jsonrpc":"2.0","params":{"session":"${session}","epoch":"","received":0}}`)
  const { result } = JSON.parse(await wire.next() ?? '') as { result: unknown }
  wire.leave()
  return result
}

hostile(12, 'a text above the limit is not parsed, and one below it may be all escapes', async (t, { client, world, transport }) => {
  const ada = await world.join('ada')
  const kibibytes64 = `"${'\\u0041'.repeat(10_900)}"`
  t.strictSame(await ada.exchange(echo(kibibytes64)), { id: 1, jsonrpc: '2.0', result: 'A'.repeat(10_900) })
  const parsedLong = watchParser(t)
  for (const text of [`[${'1,'.repeat(32_000)}1]`, `{${'"a":1,'.repeat(10_000)}"a":1}`, '['.repeat(65_536), '{"a":'.repeat(13_107)]) {
    if (transport === 'post') {
      t.strictSame(await post(world, text), { status: 413, body: '' })
      t.match(await post(world, text, { authorization: 'Bearer nobody' }), { status: 401 })
      t.match(await post(world, text, { 'mse-session': 'nobody' }), { status: 404 })
      continue
    }
    const stranger = await world.open()
    stranger.send(text)
    await stranger.isClosed(t, 1009)
  }
  t.equal(parsedLong(), 0)
  await client.isSilent(t, 'others go on')
}, NO_RATE)

hostile(13, 'two texts in one, and anything behind a text, are answered -32700', async (t, { client }) => {
  const ping = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
  const texts = [`${ping}${ping}`, `${ping}\n${ping}`, `${ping}\r\n${ping}\r\n`, `${ping} x`, `${ping}]`, `${ping},`, `${ping}\0`, `x${ping}`, `[${ping}][${ping}]`, `\u001e${ping}\n`, `${ping}//`, `Content-Length: ${ping.length}\r\n\r\n${ping}`]
  for (const text of texts) t.strictSame(await client.exchange(text), PARSE_ERROR, JSON.stringify(text))
  t.strictSame(await client.exchange(`\n\t ${ping}\r\n `), { id: 1, jsonrpc: '2.0', result: 'pong' }, 'blanks may be there')
})
