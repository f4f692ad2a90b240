import { type ServerResponse, createServer } from 'node:http'
import { type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { endInOneWrite } from '../../plugins/one-write.ts'
import { RawHttp, exchange, postText } from '../hostile/raw-http.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
const PONG = '{"id":1,"jsonrpc":"2.0","result":"pong"}'

/** How often a server's sockets are given one piece, and how often several. */
function countWrites (server: { on: (event: 'connection', listener: (socket: Socket) => void) => unknown }) {
  const counts = { one: 0, several: 0 }
  server.on('connection', (socket) => {
    const { _write, _writev } = socket
    socket._write = function (...args) {
      counts.one++
      return _write.apply(this, args)
    }
    socket._writev = function (...args) {
      counts.several++
      return _writev?.apply(this, args)
    }
  })
  return counts
}

/** Answers everything with `end`, as it is told. */
async function serving (t: Test, answer: (response: ServerResponse) => void): Promise<{ readonly port: number, readonly counts: { one: number, several: number } }> {
  const server = createServer((_request, response) => {
    endInOneWrite(response)
    answer(response)
  })
  const counts = countWrites(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, counts }
}

t.test('an answer to a POST is one write', async (t) => {
  const app = await startApp(t)
  const counts = countWrites(app.server)
  t.match(await exchange(portOf(app), postText(PING, { connection: 'close' })), [{ status: 200, body: PONG }])
  t.strictSame(counts, { one: 1, several: 0 })
})

t.test('what Node would send is sent, in its encoding', async (t) => {
  const ends = [
    { end: (response) => response.end('ü'), body: 'ü' },
    { end: (response) => response.writeHead(200, { 'content-length': 2 }).end('ü', 'utf8'), body: 'ü' },
    { end: (response) => response.writeHead(200, { 'content-length': 1 }).end('ü', 'latin1'), body: '\ufffd' },
    { end: (response) => response.writeHead(200, { 'content-length': 2 }).end(Buffer.from('ok')), body: 'ok' },
    { end: (response) => response.writeHead(204).end(), body: '' },
    { end: (response) => { response.writeHead(200, { 'content-length': 2 }).write('o'); response.end('k') }, body: 'ok' }
  ] satisfies Array<{ end: (response: ServerResponse) => unknown, body: string }>
  for (const { end, body } of ends) {
    const { port } = await serving(t, end)
    t.match(await exchange(port, postText(PING, { connection: 'close' })), [{ body }], String(end))
  }
})

t.test('a callback is called, with an encoding before it and without', async (t) => {
  const called: string[] = []
  const { port } = await serving(t, (response) => response.writeHead(200, { 'content-length': 2 }).end('ok', () => called.push('without')))
  t.match(await exchange(port, postText(PING, { connection: 'close' })), [{ body: 'ok' }])
  const encoded = await serving(t, (response) => response.writeHead(200, { 'content-length': 2 }).end('ok', 'utf8', () => called.push('with')))
  t.match(await exchange(encoded.port, postText(PING, { connection: 'close' })), [{ body: 'ok' }])
  t.strictSame(called, ['without', 'with'])
})

t.test('answers to requests of one packet wait for their turn, though the first is the last to be ready', async (t) => {
  const waiting: Array<ServerResponse> = []
  const { port } = await serving(t, (response) => {
    waiting.push(response)
    if (waiting.length === 3) for (const [index, one] of [...waiting.entries()].reverse()) one.writeHead(200, { 'content-length': 1 }).end(String(index))
  })
  const answers = await exchange(port, Buffer.concat([postText(PING), postText(PING), postText(PING, { connection: 'close' })]))
  t.strictSame(answers.map(({ body }) => body), ['0', '1', '2'])
})

t.test('a large answer to somebody who reads slowly comes whole', async (t) => {
  const text = 'ü'.repeat(5_000_000)
  const { port } = await serving(t, (response) => response.writeHead(200, { 'content-length': Buffer.byteLength(text) }).end(text))
  const raw = new RawHttp(port).write(postText(PING, { connection: 'close' }))
  raw.socket.pause()
  await new Promise((resolve) => raw.socket.once('readable', resolve))
  raw.socket.resume()
  t.equal((await raw.next())?.body === text, true)
})

t.test('whoever has an end of his own keeps it', async (t) => {
  const seen: unknown[] = []
  const app = await startApp(t, {}, {
    before: (app) => app.addHook('onRequest', (_request, { raw }, next) => {
      const { end } = raw
      raw.end = ((...args: unknown[]) => {
        seen.push(args[0])
        return Reflect.apply(end, raw, args)
      }) as typeof end
      next()
    })
  })
  t.match(await exchange(portOf(app), postText(PING, { connection: 'close' })), [{ body: PONG }])
  t.strictSame(seen, [PONG])
})

t.test('one who has gone before his answer harms nobody', async (t) => {
  const { port } = await serving(t, (response) => {
    response.once('close', () => response.writeHead(200, { 'content-length': 2 }).end('ok'))
    response.socket?.destroy()
  })
  t.strictSame(await exchange(port, postText(PING)), [])
  t.strictSame(await exchange(port, postText(PING)), [], 'the server is still there')
})
