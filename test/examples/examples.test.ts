import t from 'tap'
import { Program } from '../bin/program.ts'

interface Teardown { teardown (task: () => Promise<void>): void }

const start = (t: Teardown, script: string): Program => {
  const program = new Program(script, [], { PORT: '0' })
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
