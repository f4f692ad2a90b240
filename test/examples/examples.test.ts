import { createClient } from 'fastify-mse/client'
import t from 'tap'
import { WebSocket } from 'ws'
import { Program } from '../bin/program.ts'

interface Teardown { teardown (task: () => Promise<void>): void }

const start = (t: Teardown, script: string, env: Record<string, string> = {}): Program => {
  const program = new Program(script, [], { PORT: '0', ...env })
  t.teardown(() => program.stop())
  return program
}

t.test('hello: pings, authenticates, starts and chats', async (t) => {
  const server = start(t, 'examples/hello/server.js')
  const [, url = ''] = await server.match(/^url +(ws:\S+)$/)
  const [, token = ''] = await server.match(/^token +(\S+)$/)
  const { code, stdout, stderr } = await new Program('examples/hello/client.js', [url, token]).ended
  t.equal(stderr, '')
  t.equal(code, 0)
  const lines = stdout.split('\n')
  t.strictSame(lines.slice(0, 3), ['pong', 'authenticated', 'started'])
  t.match(JSON.parse(lines[3] ?? ''), { method: 'chat', params: { from: 'ada', message: 'hello' } })
})

t.test('existing-app: keeps its login, routes and WebSockets, and adds methods of its own', async (t) => {
  const server = start(t, 'examples/existing-app/server.js')
  const [, url = ''] = await server.match(/^url +(http:\S+)$/)
  const { code, stdout, stderr } = await new Program('examples/existing-app/client.js', [url]).ended
  t.equal(stderr, '')
  t.equal(code, 0)
  const said = Object.fromEntries(stdout.split('\n').map((line) => [line.slice(0, 9).trim(), line.slice(9).trim()])) as Record<string, string>
  const message = (name: string): unknown => JSON.parse(said[name] ?? 'null')
  t.match(message('me'), { userId: 'ada', role: 'admin' })
  t.equal(said['echo'], 'echo')
  t.match(message('too early'), { error: { code: -6001, data: { required: 'start' } } })
  t.match(message('raised'), { result: true })
  t.match(message('ada hears'), { method: 'handRaised', params: { user: 'bob', up: true } })
  t.match(message('not bob'), { error: { code: -5001 } })
  t.match(message('bob hears'), { method: 'chat', params: { message: 'lunch' } })
  t.equal((await fetch(`${url}/me`)).status, 401)
  t.equal((await fetch(`${url}/rooms/lobby`)).status, 401)
  t.equal((await fetch(`${url}/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"user":"eve","room":"lobby"}' })).status, 401)
})

t.test('video-room: serves its page, and tokens to that page alone', async (t) => {
  const server = start(t, 'examples/video-room/server.js')
  const [, url = ''] = await server.match(/^open +(http:\S+)\/$/)
  const page = await fetch(`${url}/`)
  t.match(page.headers.get('content-type'), 'text/html')
  t.match(await page.text(), /<script type="module" src="main\.js">/)
  t.match((await fetch(`${url}/main.js`)).headers.get('content-type'), 'text/javascript')
  const ask = (headers: Record<string, string>) => fetch(`${url}/dev/token`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{"user":"ada","room":"lobby"}' })
  t.match(await (await ask({ origin: url })).json(), { token: /^[\w-]+\.[\w-]+\.[\w-]+$/, iceServers: [] })
  for (const headers of [{}, { origin: 'http://evil.example' }, { origin: 'null' }]) t.equal((await ask(headers)).status, 403, JSON.stringify(headers))
})

t.test('node-client: greets who comes, rolls dice, and is back when the server has been restarted', async (t) => {
  const env = { JWT_SECRET: 'a secret that two servers know, one after the other' }
  const server = start(t, 'examples/node-client/server.js', env)
  const [, url = ''] = await server.match(/^url +(http:\S+)$/)
  const [, robot = ''] = await server.match(/^robot +(\S+)$/)
  const [, ada = ''] = await server.match(/^ada +(\S+)$/)
  const bot = new Program('examples/node-client/bot.js', [url, robot])
  t.teardown(() => bot.stop())
  await bot.match(/^open, websocket$/)
  t.strictSame(await visit(url, ada), ['robot: hello ada, say "roll"', 'robot: you have rolled'])

  server.signal('SIGTERM')
  await server.ended
  await bot.match(/^reconnecting, .*, again in \d+ ms$/)
  start(t, 'examples/node-client/server.js', { ...env, PORT: new URL(url).port })
  await bot.match(/^open, websocket$/, 2)
  t.strictSame(await visit(url, ada), ['robot: hello ada, say "roll"', 'robot: you have rolled'])

  bot.signal('SIGINT')
  const { code, stdout, stderr } = await bot.ended
  t.strictSame([code, stderr], [0, ''])
  t.match(stdout, /\nclosed$/)
})

/** Comes, rolls when greeted, and goes. */
async function visit (url: string, token: string): Promise<string[]> {
  const client = createClient({ url, getToken: () => token })
  const heard: string[] = []
  await new Promise<void>((resolve) => {
    client.on('chat', ({ from = '', message }) => {
      heard.push(`${from}: ${message.replace(/ [1-6]$/, '')}`)
      if (heard.length === 1) client.notify('chat', { to: [from], message: 'roll' })
      else resolve()
    })
  })
  await client.close()
  return heard
}

t.test('no-websocket: measures and is alarmed without a WebSocket', async (t) => {
  const server = start(t, 'examples/no-websocket/server.js')
  const [, url = ''] = await server.match(/^url +(http:\S+)$/)
  const [, token = ''] = await server.match(/^token +(\S+)$/)
  const { code, stdout, stderr } = await new Program('examples/no-websocket/device.js', [url, token]).ended
  t.strictSame([code, stderr], [0, ''])
  t.strictSame(stdout.split('\n'), ['state open events', 'measured 21.5 count 1', 'measured 24 count 2', 'measured 31 count 3', 'alarm 31 degrees are too many', 'state closed '])
  const refused = new Promise((resolve) => { new WebSocket(url.replace('http', 'ws')).once('error', resolve) })
  t.match(await refused, { message: 'Unexpected server response: 403' }, 'there is no WebSocket indeed')
})
