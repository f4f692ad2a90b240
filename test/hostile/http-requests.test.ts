/** Requests that no honest client would send, as bytes. */
import { request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { defineMethod } from '../../index.ts'
import { makeToken } from '../helpers/tokens.ts'
import { type AppOptions, handshake, portOf, startApp } from '../helpers/websocket-client.ts'
import { type RawAnswer, RawHttp, exchange, postText } from './raw-http.ts'
import { smuggles } from './smuggles.ts'
import { standBy } from './witness.ts'

const call = (method: string, id: number, params?: object): string => JSON.stringify({ jsonrpc: '2.0', id, method, params })
const PING = call('ping', 1)
const AUTH = (userId: string): string => call('auth', 1, { token: makeToken({ userId }), version: '1.0' })
const CLOSE = { connection: 'close' } as const

/** An app that counts what runs in it, and one that stands by. */
async function attacked (t: Test, options: Parameters<typeof startApp>[1] = {}, appOptions: AppOptions = {}) {
  const app = await startApp(t, { anonymousPostBurst: 10_000, ...options }, appOptions)
  const ran: unknown[] = []
  app.mse.method(defineMethod({ name: 'mark', access: 'public', params: Type.Object({ n: Type.Optional(Type.Number()) }) }), ({ n }) => {
    ran.push(n ?? 'ran')
    return null
  })
  const isUnharmed = await standBy(t, app)
  const port = portOf(app)
  const send = async (request: string | Buffer): Promise<RawAnswer | undefined> => (await exchange(port, request))[0]
  return { app, port, ran, isUnharmed, send }
}

const MARK = call('mark', 1)

t.test('54 a body of any other type is 415 and does not run', async (t) => {
  const { send, ran, isUnharmed } = await attacked(t)
  const types = [
    null, '', 'text/plain', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json garbage', 'application/json;',
    'application/json; charset=utf-16', 'application/json; charset=iso-8859-1', 'application/json;charset=utf-8;x=y', 'application/json; charset', 'application/jsonp', 'application/json5', 'application/ld+json',
    'application/ json', 'application/\tjson', 'application/json, text/plain', 'text/plain, application/json', 'text/plain;application/json', '*/*', 'application/*', 'json', 'application/json\u00a0',
    'application/vnd.api+json', 'application/csp-report', `application/json;${' '.repeat(8_000)}x`
  ]
  for (const type of types) t.match(await send(postText(MARK, { 'content-type': type, ...CLOSE })), { status: 415, body: '' }, `${type?.slice(0, 60)}`)
  t.match(await send(postText(MARK, { 'content-type': 'text/plain\r\ncontent-type: application/json', ...CLOSE })), { status: 415 }, 'the first of two counts')
  t.strictSame(ran, [])
  // Blanks around a field's value are not part of it (RFC 9110, 5.5): this is what stands before and after them.
  for (const type of ['application/json', ' application/json', '\tapplication/json\t', 'APPLICATION/JSON', 'application/json-rpc', 'application/json; charset="UTF-8"']) {
    t.match(await send(postText(MARK, { 'content-type': type, ...CLOSE })), { status: 200 }, JSON.stringify(type))
  }
  t.equal(ran.length, 6)
  await isUnharmed()
})

t.test('55 an encoded body is 415, and nobody inflates it', async (t) => {
  const { send, ran, isUnharmed } = await attacked(t)
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
  t.ok(bomb.length < 65_536)
  for (const encoding of ['gzip', 'GZIP', 'x-gzip', 'deflate', 'br', 'zstd', 'compress', 'gzip, identity', 'identity, gzip', 'aes128gcm', '']) {
    t.match(await send(postText(encoding === 'gzip' ? bomb : MARK, { 'content-encoding': encoding, ...CLOSE })), { status: 415, body: '' }, encoding)
  }
  t.match(await send(postText(bomb, CLOSE)), { status: 413 }, 'without its name it is what it is: too large for a stranger')
  t.match(await send(postText(MARK, { 'content-encoding': 'identity', ...CLOSE })), { status: 200 })
  for (const coding of ['gzip, chunked', 'gzip', 'chunked, gzip', 'identity', 'chunked, chunked']) {
    const answer = await send(postText(`${MARK.length.toString(16)}\r\n${MARK}\r\n0\r\n\r\n`, { 'content-length': null, 'transfer-encoding': coding, ...CLOSE }))
    // "gzip, chunked" frames well: Node hands on what is in the chunks, which is not JSON where it really is gzip.
    t.ok(answer?.status === 400 || (coding === 'gzip, chunked' && answer?.status === 200), `${coding}: ${answer?.status}`)
  }
  t.ok(ran.length <= 2)
  await isUnharmed()
})

t.test('56 no upgrade but that of a WebSocket by GET is agreed to, and its connection ends', async (t) => {
  const { app, send, ran, isUnharmed } = await attacked(t)
  const rejected = [
    ...['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map((method) => handshake(app, {}, '/mse', method)),
    ...['h2c', 'h2c, websocket', 'websocket, h2c', 'WebSocket/13', 'TLS/1.0', 'http/1.1', 'x'.repeat(4_000)].map((protocol) => handshake(app, { Upgrade: protocol })),
    handshake(app, { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__', Connection: 'Upgrade, HTTP2-Settings' }),
    ...['/mse/', '/mse/sse', '/sse', '/rpc', '/', '/MSE', '//mse', '/mse%2f', '/%6dse/x', '/mse/../x'].map((path) => handshake(app, {}, path)),
    handshake(app, { 'Sec-WebSocket-Version': null }), handshake(app, { 'Sec-WebSocket-Key': null }), handshake(app, { 'Sec-WebSocket-Version': '7' }),
    postText(MARK, { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' })
  ]
  for (const request of rejected) {
    const answer = await send(request)
    const line = String(request).slice(0, 24)
    if (answer === undefined || ![400, 404, 405, 415, 426].includes(answer.status)) t.fail(`${answer?.status} to ${line}`)
  }
  t.match(await send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), { status: 400 }, 'nor HTTP/2 without asking')
  t.ok(ran.length <= 1, 'a POST may be taken for what it is')
  await isUnharmed()
})

t.test('57 too many headers, too large ones, too long addresses and broken escapes are refused before anybody looks at them', async (t) => {
  const { send, ran, isUnharmed } = await attacked(t)
  const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nMse-Session: x\r\nAccept: application/json\r\n${headers}\r\n`
  const many = Array.from({ length: 2_000 }, (_, n) => `x-${n}: yyyyyyyy\r\n`).join('')
  for (const [request, status] of [
    [get('/mse', many), 431], [get('/mse', `x: ${'y'.repeat(17_408)}\r\n`), 431], [get('/mse', `${'x'.repeat(17_408)}: y\r\n`), 431], [get(`/mse?last=${'y'.repeat(102_400)}`), 431],
    [get('/%zz'), 400], [get('/mse%'), 400], [get('/%c0%ae%c0%ae/mse'), 400], [get('/mse\u0000'), 400], [get('/m se'), 400], [get('/mse', 'x y: z\r\n'), 400], [get('/mse', 'x\u0001: z\r\n'), 400],
    [get('/mse', 'x: \u000b\r\n'), 400], ['GET /mse HTTP/1.1\r\nConnection: close\r\n\r\n', 400], ['GET /mse HTTP/9.9\r\nHost: localhost\r\n\r\n', 400], ['get /mse HTTP/1.1\r\nHost: localhost\r\n\r\n', 400]
  ] as const) t.equal((await send(request))?.status, status, JSON.stringify(request.slice(0, 40)))
  // Node drops what is above 2,000 headers; those that count come first, or are missed.
  t.match(await send(postText(MARK, { ...CLOSE, ...Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`a${n}`, ''])) })), { status: 200 })
  t.strictSame(ran, ['ran'])
  t.match(await send(postText(MARK, { ...CLOSE, authorization: `Bearer ${'x'.repeat(12_000)}` })), { status: 401 })
  for (const header of ['mse-seq', 'mse-ack']) {
    for (const value of ['-1', '1e3', '1.5', '0x10', '9'.repeat(17), '9007199254740992', 'NaN', '1, 2', '']) {
      t.match(await send(postText(MARK, { ...CLOSE, [header]: value })), { status: 400 }, `${header}: ${value}`)
    }
  }
  await isUnharmed()
})

t.test('57 what a stranger may not send for its size is not parsed either', async (t) => {
  const { send, isUnharmed } = await attacked(t)
  const decoded: number[] = []
  const { decode } = TextDecoder.prototype
  t.intercept(TextDecoder.prototype, 'decode', { value: function (this: InstanceType<typeof TextDecoder>, input?: Uint8Array): string { decoded.push(input?.byteLength ?? 0); return decode.call(this, input) } })
  for (const body of [`${'['.repeat(16_385)}`, `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${'\\u0041'.repeat(40_000)}"}}`]) t.match(await send(postText(body, CLOSE)), { status: 413, body: '' })
  t.strictSame(decoded.filter((bytes) => bytes > 16_384), [])
  t.match(await send(postText('[', CLOSE)), { status: 400, body: /-32700/ })
  t.ok(decoded.includes(1), 'what is small enough is')
  await isUnharmed()
})

t.test('58 a thousand POSTs in one packet run once and in order; of slow ones 32 run, the rest are refused at once', async (t) => {
  const { app, port, ran, isUnharmed } = await attacked(t, { messageBurst: 2_000 })
  const finish: Array<() => void> = []
  app.mse.method(defineMethod({ name: 'slow' }), () => new Promise<null>((resolve) => { finish.push(() => resolve(null)) }))
  const raw = new RawHttp(port).write(postText(AUTH('ada')))
  const session = (await raw.next())?.headers['mse-session'] ?? ''
  const numbers = Array.from({ length: 1_000 }, (_, n) => n + 1)
  raw.write(...numbers.map((n) => postText(call('mark', n, { n }), { 'mse-session': session, 'mse-seq': String(n) })))
  for (const n of numbers) {
    const answer = await raw.next()
    if (answer?.status !== 200 || (JSON.parse(answer.body) as { id: number }).id !== n) t.fail(`the answer to ${n} is ${JSON.stringify(answer)}`)
  }
  t.strictSame(ran, numbers)
  raw.write(...numbers.slice(0, 100).map((n) => postText(call('slow', n), { 'mse-session': session })))
  while (app.mse.counters.refusedByLimit < 68) await new Promise(setImmediate)
  t.equal(finish.length, 32)
  for (const settle of finish) settle()
  const codes: unknown[] = []
  for (let n = 0; n < 100; n++) codes.push((await raw.next())?.status)
  t.strictSame(codes, [...Array<number>(32).fill(200), ...Array<number>(68).fill(429)])
  raw.write(postText('', { 'mse-session': session, ...CLOSE }).toString().replace('POST', 'DELETE'))
  t.match(await raw.next(), { status: 204 })
  await isUnharmed()
})

t.test('59 requests whose end is not certain are 400, and what hides behind them does not run', async (t) => {
  const { port, ran, isUnharmed } = await attacked(t)
  for (const [why, request] of smuggles(PING, postText(MARK, CLOSE).toString())) {
    const answers = await exchange(port, request)
    const statuses = answers.map(({ status }) => status)
    t.ok(statuses.length === 1 && [400, 413].includes(statuses[0] ?? 0), `${why}: ${statuses.join()}`)
  }
  t.strictSame(ran, [])
  // A small extension is part of HTTP (RFC 9112, 7.1.1): ignored, and the end of the body is where it is.
  const extended = postText(`${PING.length.toString(16)};name="a;b"\r\n${PING}\r\n0\r\n\r\n`, { 'content-length': null, 'transfer-encoding': 'chunked', ...CLOSE })
  t.match(await exchange(port, extended), [{ status: 200 }])
  await isUnharmed()
})

t.test('60 every other method is 405 or unknown, and runs nothing', async (t) => {
  const { app, port, send, ran, isUnharmed } = await attacked(t)
  const [auth] = await exchange(port, postText(AUTH('ada'), CLOSE))
  const session = auth?.headers['mse-session'] ?? ''
  for (const method of ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'TRACE', 'CONNECT', 'PROPFIND', 'SEARCH', 'QUERY', 'PURGE', 'BREW', 'post', 'GETT', '']) {
    const answer = await send(postText(MARK, { 'mse-session': session, 'mse-seq': '1', 'mse-ack': '99', ...CLOSE }).toString().replace('POST', method))
    const expected = ['HEAD', 'OPTIONS', 'PUT', 'PATCH'].includes(method) ? [405] : [400, 404, undefined]
    t.ok(expected.includes(answer?.status), `${method}: ${answer?.status}`)
    if (answer?.status === 405) t.equal(answer.headers['allow'], 'GET, POST, DELETE')
  }
  for (const override of ['x-http-method-override', 'x-method-override', 'x-http-method']) {
    t.match(await send(postText(MARK, { [override]: 'DELETE', 'mse-session': session, ...CLOSE })), { status: 200 }, override)
  }
  t.strictSame([ran.length, app.mse.sessions.get(session)?.ended, app.mse.sessions.get(session)?.record.inbox.received], [3, null, 3])
  const gone = httpRequest({ port, host: '127.0.0.1', path: '/mse', method: 'DELETE', agent: false, headers: { 'mse-session': session } }).end()
  await new Promise((resolve) => { gone.on('response', (response) => response.resume().on('end', resolve)) })
  await isUnharmed()
})
