import type { IncomingMessage } from 'node:http'
import { PassThrough, Transform, pipeline } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGunzip, gzipSync } from 'node:zlib'
import Fastify, { type FastifyRequest, type RequestPayload } from 'fastify'
import t, { type Test } from 'tap'
import { bodyReader } from '../../plugins/body-reader.ts'
import { LongBodies } from '../../plugins/long-bodies.ts'
import { RawHttp, exchange, postText } from '../hostile/raw-http.ts'
import { listen, portOf } from '../helpers/websocket-client.ts'

const MAX_BYTES = 1_000
const LONG = { longFrom: 400, maxBytes: 1_500 }

/** Answers with what it read; `preParsing` is what an app may put before it. */
async function reader (t: Test, preParsing?: (payload: RequestPayload) => RequestPayload) {
  const app = Fastify()
  const failures: string[] = []
  app.removeAllContentTypeParsers()
  const long = new LongBodies(LONG)
  app.addContentTypeParser('*', bodyReader(MAX_BYTES, long))
  if (preParsing !== undefined) app.addHook('preParsing', async (_request, _reply, payload) => preParsing(payload))
  const failed = new Promise<Error>((resolve) => {
    app.addHook('onError', async (_request, _reply, error) => {
      failures.push(error.code)
      resolve(error)
    })
  })
  const ran: string[] = []
  app.post('/mse', async ({ body }) => {
    ran.push(String(body))
    return { isBuffer: Buffer.isBuffer(body), text: String(body) }
  })
  await listen(t, app)
  return { app, port: portOf(app), failures, failed, ran, long }
}

const CLOSE = { connection: 'close' }
const chunked = (...pieces: string[]): string => [...pieces, ''].map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`).join('')
const CHUNKED = { 'content-length': null, 'transfer-encoding': 'chunked', ...CLOSE }

t.test('reads a body in one piece, in several, and none', async (t) => {
  const { port } = await reader(t)
  const read = async (request: string | Buffer): Promise<unknown> => JSON.parse((await exchange(port, request))[0]?.body ?? '')
  t.strictSame(await read(postText('{"a":"ü"}', CLOSE)), { isBuffer: true, text: '{"a":"ü"}' })
  t.strictSame(await read(postText(chunked('{"a"', ':"ü"}'), CHUNKED)), { isBuffer: true, text: '{"a":"ü"}' })
  t.strictSame(await read(postText(chunked(), CHUNKED)), { isBuffer: true, text: '' })
  t.strictSame(await read(postText('x'.repeat(MAX_BYTES), CLOSE)), { isBuffer: true, text: 'x'.repeat(MAX_BYTES) })
})

t.test('a letter that comes in two packets is whole', async (t) => {
  const { app, port } = await reader(t)
  const body = Buffer.from('"ü"')
  const raw = new RawHttp(port)
  const request = postText(body, CLOSE)
  app.server.once('request', (incoming) => incoming.once('data', () => raw.write(request.subarray(-2))))
  raw.write(request.subarray(0, -2))
  t.strictSame(JSON.parse((await raw.next())?.body ?? ''), { isBuffer: true, text: '"ü"' })
  await raw.closed
})

t.test('a body above the limit is 413, whether it says so or not, and its connection ends', async (t) => {
  const { port, failures, ran } = await reader(t)
  const large = postText('x'.repeat(MAX_BYTES + 1))
  t.match(await exchange(port, large.subarray(0, -MAX_BYTES)), [{ status: 413, headers: { connection: 'close' } }], 'said: before it has come')
  t.match(await exchange(port, postText(chunked('x'.repeat(MAX_BYTES), 'x'), { ...CHUNKED, connection: null })), [{ status: 413, headers: { connection: 'close' } }], 'not said')
  t.match(await exchange(port, postText(chunked(...Array.from({ length: 30 }, () => 'x'.repeat(MAX_BYTES))), { ...CHUNKED, connection: null })), [{ status: 413 }], 'answered once, whatever else comes')
  t.strictSame(failures, Array.from({ length: 3 }, () => 'FST_ERR_CTP_BODY_TOO_LARGE'))
  t.strictSame(ran, [])
})

t.test('one body is done once, though its stream goes on', async (t) => {
  const payload = new PassThrough()
  const done: unknown[] = []
  bodyReader(3, new LongBodies(LONG))({ headers: {} } as FastifyRequest, payload as unknown as IncomingMessage, (error) => done.push(error))
  payload.end('four')
  await finished(payload)
  t.match(done, [{ code: 'FST_ERR_CTP_BODY_TOO_LARGE' }])
  t.equal(done.length, 1)
})

t.test('what breaks off is an error, and the server goes on', async (t) => {
  const { app, port, failures, failed } = await reader(t)
  const raw = new RawHttp(port).write(postText('x'.repeat(100)).subarray(0, -1))
  app.server.once('request', (incoming) => incoming.once('data', () => raw.socket.destroy()))
  t.match(await failed, { code: 'ECONNRESET', statusCode: 400 })
  t.strictSame(failures, ['ECONNRESET'])
  t.match(await exchange(port, postText('x', CLOSE)), [{ status: 200 }])
})

t.test('long bodies have so many bytes together, whoever brings them', async (t) => {
  const { port, failures, long } = await reader(t)
  const waiting = Array.from({ length: 3 }, () => new RawHttp(port))
  const request = postText('x'.repeat(600), CLOSE)
  const has = async (bytes: number): Promise<void> => { while (long.bytes !== bytes) await new Promise(setImmediate) }
  waiting[0]?.write(request.subarray(0, -200))
  waiting[1]?.write(request.subarray(0, -1))
  await has(599)
  waiting[0]?.write(request.subarray(-200, -1))
  await has(1_198)
  t.match(await exchange(port, postText('x'.repeat(400), CLOSE)), [{ status: 200 }], 'what is not long does not count')
  waiting[2]?.write(request.subarray(0, -100))
  t.match(await waiting[2]?.next(), { status: 503, headers: { connection: 'close' } })
  t.strictSame(failures.splice(0), ['MSE_ERR_LONG_BODIES'])
  t.equal(long.bytes, 1_198)
  waiting[0]?.write(request.subarray(-1))
  t.match(await waiting[0]?.next(), { status: 200 }, 'who was there goes on')
  t.equal(long.bytes, 599, 'and makes room')
  t.match(await exchange(port, request), [{ status: 200 }])
  waiting[1]?.socket.destroy()
  await has(0)
  t.strictSame(failures, ['ECONNRESET'], 'as does who breaks off')
})

t.test('who breaks off makes room, though the app has a stream between that does not hear of it', async (t) => {
  const { app, port, long } = await reader(t, (payload) => payload.pipe(Object.assign(new PassThrough(), { receivedEncodedLength: 0 })))
  const raw = new RawHttp(port).write(postText('x'.repeat(600)).subarray(0, -1))
  const has = async (bytes: number): Promise<void> => { while (long.bytes !== bytes) await new Promise(setImmediate) }
  await has(599)
  raw.socket.destroy()
  await has(0)
  t.pass('there is room')
  app.server.closeAllConnections()
})

t.test('a length that is not the body\'s is 400', async (t) => {
  // Node's parser lets no such thing through, an injected request does.
  const { app, failures } = await reader(t)
  const { statusCode } = await app.inject({ method: 'POST', url: '/mse', headers: { 'content-type': 'application/json', 'content-length': '5' }, payload: '{}' })
  t.equal(statusCode, 400)
  t.strictSame(failures, ['FST_ERR_CTP_INVALID_CONTENT_LENGTH'])
})

/** Counts what came, as the docs of Fastify's `preParsing` ask of a stream that changes its length. */
function counted (payload: RequestPayload, through: Transform): RequestPayload {
  const counting = Object.assign(through, { receivedEncodedLength: 0 })
  payload.on('data', (piece: Buffer) => { counting.receivedEncodedLength += piece.length })
  pipeline(payload, counting, () => {})
  return counting
}

t.test('the app may inflate it, and give texts', async (t) => {
  const { port, failures } = await reader(t, (payload) => counted(payload, createGunzip()))
  t.match(await exchange(port, postText(gzipSync('[1]'), CLOSE)), [{ status: 200, body: '{"isBuffer":true,"text":"[1]"}' }])
  t.match(await exchange(port, postText(gzipSync('x'.repeat(100_000)))), [{ status: 413 }], 'the limit is that of what comes out')
  t.match(await exchange(port, postText('no gzip')), [{ status: 400 }])
  t.strictSame(failures, ['FST_ERR_CTP_BODY_TOO_LARGE', 'Z_DATA_ERROR'])
  const texts = await reader(t, (payload) => counted(payload, new Transform({ encoding: 'utf8', transform: (piece, _encoding, done) => done(null, piece) })))
  t.match(await exchange(texts.port, postText('"ü"', CLOSE)), [{ status: 200, body: '{"isBuffer":true,"text":"\\"ü\\""}' }])
})
