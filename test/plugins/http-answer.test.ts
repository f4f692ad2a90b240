import { AsyncLocalStorage } from 'node:async_hooks'
import Fastify from 'fastify'
import t from 'tap'
import { mse } from '../../index.ts'
import { TEST_SECRET } from '../helpers/tokens.ts'
import { RawClient, join, listen, portOf, startApp } from '../helpers/websocket-client.ts'

const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
const PONG = '{"id":1,"jsonrpc":"2.0","result":"pong"}'
const REQUEST = `POST /mse HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${PING.length}\r\n`

t.test('the app\'s hooks run in the context of their own request, whatever else is answered in the same turn', async (t) => {
  const context = new AsyncLocalStorage<string>()
  const seen: string[][] = []
  const app = await startApp(t, {}, {
    before: (app) => {
      app.addHook('onRequest', (request, _reply, next) => { context.run(String(request.headers['x-name']), next) })
      app.addHook('onSend', (request, reply, payload, next) => {
        reply.header('x-name', context.getStore() ?? 'none')
        next(null, payload)
      })
      app.addHook('onResponse', (request, reply, next) => {
        seen.push([String(request.headers['x-name']), context.getStore() ?? 'none'])
        next()
      })
    }
  })
  const names = Array.from({ length: 20 }, (_, index) => `name-${index}`)
  const clients = names.map((name) => ({ name, raw: new RawClient(app) }))
  // The first time they are taken one by one; the second time their requests are read in one turn.
  for (const connection of ['keep-alive', 'close']) {
    for (const { name, raw } of clients) raw.write(`${REQUEST}X-Name: ${name}\r\nConnection: ${connection}\r\n\r\n${PING}`)
    for (const { name, raw } of clients) t.match(await raw.head(), `x-name: ${name}\r\n`)
  }
  await Promise.all(clients.map(({ raw }) => raw.closed))
  t.strictSame(seen.map(([own]) => own).sort(), [...names, ...names].sort())
  t.strictSame(seen.filter(([own, store]) => own !== store), [])
})

t.test('a header that cannot be sent is a 500, and nobody else has anything of it', async (t) => {
  // Without the hooks that tests have otherwise, which would catch it.
  const app = Fastify()
  app.addHook('onRequest', (request, reply, next) => {
    if (request.method === 'POST') reply.header('x-bad', 'two\nlines')
    next()
  })
  await app.register(mse, { jwt: { secret: TEST_SECRET } })
  await listen(t, app)
  const client = await join(app)
  const response = await fetch(`http://127.0.0.1:${portOf(app)}/mse`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: PING })
  t.equal(response.status, 500)
  t.match(await client.call('ping'), { result: 'pong' })
  await client.close()
})

t.test('requests in one packet are answered in their order', async (t) => {
  const app = await startApp(t)
  const raw = new RawClient(app)
  const request = (id: number): string => `${REQUEST}\r\n${PING.replace('1', String(id))}`
  raw.write(request(1), request(2), request(3), `${REQUEST}Connection: close\r\n\r\n${PING.replace('1', '4')}`)
  const answers: string[] = []
  raw.socket.on('data', (data) => answers.push(data.toString()))
  await raw.closed
  t.strictSame([...answers.join('').matchAll(/"id":(\d)/g)].map(([, id]) => id), ['1', '2', '3', '4'])
  t.equal(answers.join('').split(PONG.slice(8)).length - 1, 4)
})

t.test('an id that looks like a result hides no error from the status', async (t) => {
  const app = await startApp(t, { semanticStatus: true })
  const statusOf = async (id: unknown): Promise<number> => {
    const body = JSON.stringify({ id, method: 'nothing', jsonrpc: '2.0' })
    return (await fetch(`http://127.0.0.1:${portOf(app)}/mse`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status
  }
  const status = await statusOf(1)
  t.not(status, 200)
  for (const id of ['"jsonrpc":"2.0","result"', '\\"jsonrpc":"2.0","result"', ',"jsonrpc":"2.0","result":1', 'result"']) t.equal(await statusOf(id), status, id)
})
