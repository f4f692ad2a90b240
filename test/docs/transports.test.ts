/** The walks of docs/transports.md, run as a reader would: copied out of the page, with curl and wscat as they are. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { mse } from '../../plugins/mse.ts'
import { MemoryLink, RecordingEngine } from '../../lib/testing/index.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(ROOT, 'docs', 'transports.md'), 'utf8')
const walks = [...page.matchAll(/^```sh walk=(\w+)\n(.*?)^```$/gms)].map(([, name = '', script = '']) => ({ name, script }))

/** What the page says that each walk prints, beyond its comments. */
const OUTPUT: Readonly<Record<string, RegExp[]>> = {
  post: [/"result":"authenticated"/, /"result":"started"/, /\{"id":3,"jsonrpc":"2\.0","result":null\}/, /mse-replayed: 1/i, /^204$/m],
  bearer: [/\{"id":1,"jsonrpc":"2\.0","result":null\}/, /mse-received: 1/i],
  events: [/^202$/m, /event: open\n.*\ndata: \{"resumed":true/],
  poll: [/\[\{"id":"[\w-]{8}\.1","message":\{"id":2,"jsonrpc":"2\.0","result":null\}\}\]/],
  websocket: [/\{"id":1,"jsonrpc":"2\.0","result":"authenticated"\}/, /\{"id":3,"jsonrpc":"2\.0","result":null\}/]
}

/** A server, with a second user who hears the chat. */
async function openServer (t: Test): Promise<{ url: string, heard: MemoryLink }> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET }, engine: new RecordingEngine() })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { WebSocket } = await import('ws')
  const heard = new MemoryLink()
  const socket = new WebSocket(`${url.replace('http', 'ws')}/mse`)
  t.teardown(() => socket.terminate())
  socket.on('message', (data) => heard.send(String(data)))
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken({ userId: 'ben', roomId: 'r1' }), version: '1.0' } }))
  await heard.next()
  return { url: `${url}/mse`, heard }
}

t.test('every face has a walk', async (t) => {
  t.same(walks.map(({ name }) => name).sort(), Object.keys(OUTPUT).sort())
})

for (const { name, script } of walks) {
  t.test(`the walk "${name}" is true`, async (t) => {
    const { url, heard } = await openServer(t)
    const env = { ...process.env, MSE: url, TOKEN: makeToken({ userId: 'ana', roomId: 'r1' }), PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}` }
    const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: t.testdir(), env })
    for (const expected of OUTPUT[name] ?? []) t.match(stdout, expected)
    t.match(JSON.parse(await heard.next() ?? ''), { method: 'chat', params: { from: 'ana', message: /^hello/ } }, 'the chat message arrived')
  })
}
