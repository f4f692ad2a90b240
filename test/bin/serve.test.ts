import t from 'tap'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { makeToken, TEST_SECRET } from '../helpers/tokens.ts'
import { Program } from './program.ts'

interface Teardown { teardown (task: () => Promise<void>): void }

const start = async (t: Teardown, args: string[] = [], env: Record<string, string> = {}) => {
  const program = new Program('bin/mse.js', ['serve', '--port', '0', ...args], { MSE_ENGINE: 'none', ...env })
  t.teardown(() => program.stop())
  const [, origin = ''] = await program.match(/(http:\/\/[^\s/"]+:\d+)/)
  return { program, origin }
}

/** fetch decides itself what it says as Host and Origin. */
const post = async (origin: string, headers: Record<string, string>, body: unknown) => {
  const text = JSON.stringify(body)
  const call = request(`${origin}/dev/token`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }).end(text)
  const [response] = await once(call, 'response')
  let answer = ''
  for await (const part of response.setEncoding('utf8')) answer += part
  return { status: response.statusCode as number, answer }
}

const call = async (origin: string, path: string, messages: object[]): Promise<unknown[]> => {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${path}`)
  await once(socket, 'open')
  const answers: unknown[] = []
  for (const message of messages) {
    socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
    const [data] = await once(socket, 'message')
    answers.push(JSON.parse(String(data)))
  }
  socket.terminate()
  return answers
}

/** Connects anew until nobody answers, or only to say that it closes. */
const untilClosing = async (origin: string): Promise<void> => {
  const status = await fetch(`${origin}/`, { headers: { connection: 'close' } }).then((response) => response.status, () => 503)
  return status === 503 ? undefined : await untilClosing(origin)
}

const auth = (token: string) => ({ id: 'a', method: 'auth', params: { token, version: '1.0' } })

t.test('says what to open and how to mint, and takes the tokens that it says how to mint', async (t) => {
  const { program, origin } = await start(t, ['--path', '/signals'])
  t.match(program.stdout, /MSE development server\n {2}page +http/)
  await program.match(/websocket +ws:\/\/127\.0\.0\.1:\d+\/signals$/)
  const [, command = ''] = await program.match(/bin\/mse\.js (token .*)$/)
  const token = (await new Program('bin/mse.js', command.split(' ')).ended).stdout
  t.match(await call(origin, '/signals', [auth(token), { id: 'w', method: 'whoami' }]), [{ result: 'authenticated' }, { result: { userId: 'ada', roomId: 'lobby' } }])
  t.equal(program.stderr.split('\n').filter((line) => line.startsWith('mse:')).length, 0)
})

t.test('serves the page with headers that let nothing foreign in', async (t) => {
  const { origin } = await start(t, ['--path', '/signals'])
  const page = await fetch(`${origin}/`)
  t.equal(page.status, 200)
  t.match(await page.text(), /<meta name="mse-path" content="\/signals">/)
  t.match(page.headers.get('content-security-policy'), /^default-src 'self'; connect-src 'self' ws: wss:; /)
  t.match(page.headers.get('permissions-policy'), /camera=\(self\), microphone=\(self\), display-capture=\(self\)/)
  t.equal(page.headers.get('x-content-type-options'), 'nosniff')
  t.match((await fetch(`${origin}/main.js`)).headers.get('content-type'), 'text/javascript')
  for (const path of ['/../package.json', '/%2e%2e/package.json', '/..%2fserver.ts', '/nothing.js', '/dev/token']) t.equal((await fetch(`${origin}${path}`)).status, 404, path)
})

t.test('gives tokens to its own page and to this machine, and to no other page', async (t) => {
  const { origin } = await start(t)
  const body = { user: 'ada', room: 'lobby' }
  const host = origin.slice('http://'.length)
  const good = await post(origin, { origin }, body)
  t.equal(good.status, 200)
  const { token, iceServers } = JSON.parse(good.answer) as { token: string, iceServers: unknown[] }
  t.strictSame(iceServers, [])
  t.match(await call(origin, '/mse', [auth(token)]), [{ result: 'authenticated' }])
  t.equal((await post(origin, {}, body)).status, 200, 'curl')
  for (const headers of [
    { origin: 'http://evil.example' }, { origin: 'null' }, { origin: `https://${host}` }, { origin: `http://${host}.evil.example` }, { origin: '' },
    { host: 'evil.example' }, { host: `evil.example:${host.split(':')[1]}`, origin: `http://evil.example:${host.split(':')[1]}` }
  ]) t.equal((await post(origin, headers as Record<string, string>, body)).status, 403, JSON.stringify(headers))
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) t.equal((await post(origin, { 'content-type': type }, body)).status, 415, type)
  t.equal((await fetch(`${origin}/dev/token`, { method: 'OPTIONS', headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' } })).headers.get('access-control-allow-origin'), null)
})

t.test('refuses names that are no names', async (t) => {
  const { origin } = await start(t)
  for (const body of [{}, { user: 'a' }, { user: '', room: 'r' }, { user: 'a', room: 'r\n' }, { user: 'x'.repeat(65), room: 'r' }, [], null, 'x']) {
    t.equal((await post(origin, {}, body)).status, 400, JSON.stringify(body)?.slice(0, 40))
  }
  t.equal((await post(origin, {}, { user: 'a', room: 'x'.repeat(2_000) })).status, 413)
})

t.test('asks for the page itself when it listens to others than this machine', async (t) => {
  const { program, origin } = await start(t, ['--host', '0.0.0.0'])
  const port = origin.split(':')[2] ?? ''
  const local = `http://127.0.0.1:${port}`
  t.equal((await post(local, {}, { user: 'a', room: 'r' })).status, 403)
  t.equal((await post(local, { origin: local }, { user: 'a', room: 'r' })).status, 200)
  t.equal((await post(local, { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }, { user: 'a', room: 'r' })).status, 403, 'a name that was rebound')
  program.signal('SIGTERM')
  t.match((await program.ended).stderr, /mse: everybody who reaches 0\.0\.0\.0 gets tokens/)
})

t.test('logs JSON in production, and has neither page nor tokens nor whoami there', async (t) => {
  const { program, origin } = await start(t, ['--env', 'production'], { MSE_SECRET: TEST_SECRET })
  t.equal((await fetch(`${origin}/`)).status, 404)
  t.equal((await post(origin, { origin }, { user: 'a', room: 'r' })).status, 404)
  t.match(await call(origin, '/mse', [auth(makeToken()), { id: 'w', method: 'whoami' }]), [{ result: 'authenticated' }, { error: { code: -32601 } }])
  program.signal('SIGTERM')
  const { stdout, code } = await program.ended
  t.equal(code, 0)
  for (const line of stdout.split('\n')) t.type(JSON.parse(line), 'object')
  t.notMatch(stdout, new RegExp(TEST_SECRET))
})

t.test('works for pages and behind proxies that it is told of', async (t) => {
  const { origin } = await start(t, ['--env', 'production', '--allowed-origins', 'https://app.example,https://b.example', '--allowed-hosts', 'media.example'], { MSE_SECRET: TEST_SECRET })
  const status = async (headers: Record<string, string>): Promise<number> => {
    const upgrade = request(`${origin}/mse`, { headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', ...headers } }).end()
    const [response, socket] = await Promise.race([once(upgrade, 'upgrade'), once(upgrade, 'response')])
    socket?.destroy()
    response.resume()
    return response.statusCode as number
  }
  for (const headers of [{}, { origin: 'https://b.example' }, { host: 'media.example', origin: 'https://app.example' }]) t.equal(await status(headers), 101, JSON.stringify(headers))
  for (const headers of [{ origin: 'https://evil.example' }, { host: 'evil.example' }]) t.equal(await status(headers as Record<string, string>), 403, JSON.stringify(headers))
})

t.test('limits messages as it is told', async (t) => {
  const { origin } = await start(t, ['--messages-per-second', '1'])
  const { token } = JSON.parse((await post(origin, {}, { user: 'a', room: 'r' })).answer) as { token: string }
  const answers = await call(origin, '/mse', [auth(token), ...[1, 2, 3].map((id) => ({ id, method: 'ping' }))])
  t.match(answers.at(-1), { error: { code: -8001 } })
})

t.test('runs the embedded engine unless it is told not to, as large as it is told', async (t) => {
  const { program, origin } = await start(t, ['--engine', 'werift', '--max-streams', '1'])
  await program.match(/engine +werift$/)
  const token = async (user: string) => (JSON.parse((await post(origin, {}, { user, room: 'r' })).answer) as { token: string }).token
  const first = new WebSocket(`${origin.replace('http', 'ws')}/mse`)
  await once(first, 'open')
  const answers = once(first, 'message')
  first.send(JSON.stringify([{ jsonrpc: '2.0', ...auth(await token('ada')) }, { jsonrpc: '2.0', id: 's', method: 'start' }]))
  t.match(JSON.parse(String((await answers)[0])), [{ result: 'authenticated' }, { result: 'started' }])
  t.match(await call(origin, '/mse', [auth(await token('bob')), { id: 's', method: 'start' }]), [{}, { error: { code: -7001 } }])
  first.terminate()
})

t.test('has no engine when it is told so', async (t) => {
  const { origin } = await start(t)
  const { token } = JSON.parse((await post(origin, {}, { user: 'a', room: 'r' })).answer) as { token: string }
  t.match(await call(origin, '/mse', [auth(token), { id: 's', method: 'start' }]), [{}, { error: { code: -7001 } }])
})

t.test('ends with 0 on a SIGTERM that comes as soon as it says that it listens', async (t) => {
  // In the process itself, and before anything else runs there.
  const hasty = `
const write = process.stdout.write
process.stdout.write = function (text, ...more) {
  if (String(text).includes('listening')) process.kill(process.pid, 'SIGTERM')
  return write.call(this, text, ...more)
}`
  const program = new Program('bin/mse.js', ['serve', '--port', '0', '--env', 'production'], {
    MSE_ENGINE: 'none', MSE_SECRET: TEST_SECRET, NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(hasty).toString('base64')}`
  })
  t.teardown(() => program.stop())
  t.match(await program.ended, { code: 0, signal: null })
})

t.test('ends with 0 on SIGTERM and on SIGINT, with clients connected', async (t) => {
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    const { program, origin } = await start(t)
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/mse`)
    await once(socket, 'open')
    const closed = once(socket, 'close')
    program.signal(name)
    t.equal((await closed)[0], 1012)
    t.match(await program.ended, { code: 0, signal: null })
  }
})

t.test('ends at once on a second signal, though a client holds the close up', async (t) => {
  const { program, origin } = await start(t)
  // A request whose body never ends keeps `app.close()` waiting.
  const held = request(`${origin}/dev/token`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': '100' } })
  held.on('error', () => {}).write('{')
  await once(held, 'socket')
  await fetch(`${origin}/`)
  program.signal('SIGINT')
  await untilClosing(origin)
  program.signal('SIGINT')
  t.match(await program.ended, { code: 130 })
})

t.test('says in one line, with exit code 2, what is wrong', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  const cases: Array<[string[], Record<string, string>, RegExp]> = [
    [['serve', '--engine', 'none', '--port', String(port)], {}, /^mse: port \d+ on 127\.0\.0\.1 is taken/],
    [['serve', '--engine', 'none', '--port', '0', '--host', '203.0.113.5'], {}, /^mse: --host 203\.0\.113\.5 is no address of this machine/],
    [['serve', '--env', 'production'], {}, /^mse: production needs a secret/],
    [['serve', '--env', 'production', '--engine', 'none', '--port', '0'], { MSE_SECRET: 'hunter2' }, /^mse: jwt\.secret is too weak: 7 bytes, HS256 needs 32/],
    [['serve', '--engine', 'none', '--port', '0', '--allowed-origins', 'app.example'], {}, /^mse: option "allowedOrigins": must be a list of origins/],
    [['serve'], { MSE_PORT: 'x' }, /^mse: --port has to be/], [['serve', '--drain-timeout', '500ms'], {}, /^mse: --drain-timeout has to be a time such as/], [['serve', '--bogus'], {}, /^mse: Unknown option '--bogus'/], [['server'], {}, /^mse: there is no command "server"/],
    [[], {}, /^mse: a command is missing/], [['token', '--user', 'a'], {}, /^mse: --room is missing/]
  ]
  for (const [argv, env, message] of cases) {
    const { code, stdout, stderr } = await new Program('bin/mse.js', argv, env).ended
    t.equal(code, 2, argv.join(' '))
    t.equal(stdout, '')
    t.match(stderr, message)
    t.match(stderr, /^[^\n]+\n$/, 'one line')
    t.notMatch(stderr, /hunter2/)
  }
})

t.test('takes a short secret in development, with a warning that does not repeat it', async (t) => {
  const { program } = await start(t, ['--secret', 'hunter2'])
  program.signal('SIGTERM')
  const { stdout, stderr } = await program.ended
  t.match(stderr, /^mse: the secret is shorter than 32 bytes/)
  t.match(stdout, /--secret <yours>/)
  t.notMatch(stdout + stderr, /hunter2/)
})
