/** Bodies that are long and do not end, from whoever: what is here of them is bounded, and what it says does not count before it is whole. */
import type { Socket } from 'node:net'
import t from 'tap'
import { portOf, startApp } from '../helpers/websocket-client.ts'
import { RawHttp, exchange, postText } from './raw-http.ts'

/** Four of them are as much as may be here, and a little less. */
const MAX_MESSAGE_BYTES = 16_777_216
const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'

t.test('47 long bodies that do not end get no more room than 64 MiB: the next one is 503 and told when to come again', async (t) => {
  const app = await startApp(t, { maxMessageBytes: MAX_MESSAGE_BYTES })
  const sockets: Socket[] = []
  app.server.on('connection', (socket: Socket) => sockets.push(socket))
  const port = portOf(app)
  const long = postText(Buffer.alloc(MAX_MESSAGE_BYTES - 1_000, ' '), { authorization: 'Bearer nobody' })
  const attackers = Array.from({ length: 4 }, () => new RawHttp(port).write(long.subarray(0, -1)))
  while (sockets.length < 4 || sockets.some(({ bytesRead }) => bytesRead < long.length - 1)) await new Promise(setImmediate)
  const next = new RawHttp(port).write(long.subarray(0, 100_000))
  const refused = await next.next()
  t.match(refused, { status: 503, headers: { 'retry-after': '1', connection: 'close' } })
  t.match(JSON.parse(refused?.body ?? ''), { id: null, error: { code: -7001, data: { retryAfterMs: 1_000 } } })
  t.match(await exchange(port, postText(PING, { connection: 'close' })), [{ status: 200 }], 'short ones do not mind')
  attackers[0]?.write(long.subarray(-1))
  t.match(await attackers[0]?.next(), { status: 401 })
  t.match(await exchange(port, postText(' '.repeat(100_000), { connection: 'close' })), [{ status: 413 }], 'there is room again')
  for (const { socket } of attackers) socket.destroy()
})
