import { Type } from '@sinclair/typebox'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { run } from '../../bin/run.ts'
import { MseError, defineMethod, defineNotification } from '../../lib/protocol/index.ts'
import { mse } from '../../plugins/mse.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'
import { Program } from './program.ts'
import { TestTerminal } from './test-terminal.ts'

const Shout = defineMethod({ name: 'shout', params: Type.Object({ word: Type.String() }), result: Type.Object({ loud: Type.String() }) })
const Never = defineMethod({ name: 'never' })
const Full = defineMethod({ name: 'full' })
const Noted = defineNotification({ name: 'noted', params: Type.Object({ what: Type.String() }) })

/** A server with methods of its own; `heard` is what was notified. */
async function serve (t: Test): Promise<{ url: string, heard: string[], transports: Set<string> }> {
  const app = Fastify()
  t.teardown(() => app.close())
  const heard: string[] = []
  const transports = new Set<string>()
  app.addHook('onRequest', async ({ method, headers: { upgrade, accept } }) => {
    if (method === 'GET') transports.add(upgrade ?? accept ?? '')
  })
  await app.register(mse, { jwt: { secret: TEST_SECRET }, environment: 'development' })
  app.mse.method(Shout, ({ word }) => ({ loud: `${word.toUpperCase()}!` }))
  app.mse.method(Never, () => new Promise(() => {}))
  app.mse.method(Full, () => { throw new MseError('unavailable', { retryAfterMs: 2_000 }) })
  app.mse.method(Noted, ({ what }) => { heard.push(what) })
  return { url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/mse`, heard, transports }
}

const call = (url: string, args: string[], env: Record<string, string> = { MSE_TOKEN: makeToken() }, input?: string) =>
  new Program('bin/mse.js', ['call', ...args], { MSE_URL: url, ...env }, input).ended

/** What a person would see. */
async function seen (url: string, args: string[]): Promise<string> {
  const terminal = new TestTerminal(true)
  await run(['call', ...args, '--url', url], { MSE_TOKEN: makeToken() }, terminal)
  t.equal(terminal.stderr, '')
  return terminal.stdout
}

t.test('prints the result in one line of JSON into a pipe', async (t) => {
  const { url } = await serve(t)
  t.strictSame(await call(url, ['ping']), { code: 0, signal: null, stdout: '"pong"', stderr: '' })
  t.strictSame(await call(url, ['shout', '{"word":"hey"}']), { code: 0, signal: null, stdout: '{"loud":"HEY!"}', stderr: '' }, 'a method that only this server knows')
  const { stdout } = await call(url, ['whoami'])
  t.match(JSON.parse(stdout), { userId: 'ada', roomId: 'lobby' })
})

t.test('prints the result for people on a terminal, and lets nothing act on it', async (t) => {
  const { url } = await serve(t)
  t.equal(await seen(url, ['ping']), 'pong\n')
  t.equal(await seen(url, ['shout', '{"word":"hey"}']), '{\n  "loud": "HEY!"\n}\n')
  t.equal(await seen(url, ['shout', '{"word":"\\u001b[2J\\u009b\\u202e"}']), '{\n  "loud": "\\u001b[2J\\u009b\\u202e!"\n}\n')
  t.equal(await seen(url, ['noted', '{"what":"x"}']), 'null\n')
})

t.test('goes by the transport that it is told', async (t) => {
  const { url, transports } = await serve(t)
  for (const name of ['websocket', 'events', 'poll']) t.match(await call(url, ['shout', '{"word":"x"}', '--transport', name]), { code: 0, stderr: '' }, name)
  t.strictSame([...transports], ['websocket', 'text/event-stream', 'application/json'])
})

t.test('sends a notification, and prints nothing', async (t) => {
  const { url, heard } = await serve(t)
  for (const name of ['websocket', 'poll']) t.strictSame(await call(url, ['noted', `{"what":"${name}"}`, '--notify', '--transport', name]), { code: 0, signal: null, stdout: '', stderr: '' })
  t.strictSame(heard, ['websocket', 'poll'], 'it has arrived when the command ends')
})

t.test('takes the token from stdin, where no other process sees it', async (t) => {
  const { url } = await serve(t)
  t.match(await call(url, ['ping', '--token', '-'], {}, `${makeToken()}\n`), { code: 0, stdout: '"pong"' }, 'although stdin stays open')
  t.match(await call(url, ['ping', '--token', '-'], {}), { code: 2, stdout: '', stderr: /^mse: there is no token on stdin/ })
})

t.test('tells an error of the server in one line, with exit code 1', async (t) => {
  const { url } = await serve(t)
  const cases: Array<[string[], RegExp]> = [
    [['nope'], /^mse: -32601 Method not found\n$/],
    [['rpc.nope'], /^mse: -32601 Method not found\n$/],
    [['shout', '{}'], /^mse: -32602 Invalid params \{"path":"\/word","reason":"[^"]+"\}\n$/],
    [['sdpOffer', '{"offer":"v=0"}'], /^mse: -6001 Invalid Call Order \{"required":"start"\}: add --start\n$/],
    [['ping', '--start'], /^mse: -7001 Service Unavailable \{"retryAfterMs":\d+\}\n$/],
    [['full'], /^mse: -7001 Service Unavailable \{"retryAfterMs":2000\}\n$/],
    [['ping', '--token', makeToken({}, 'another secret of more than thirty-two bytes')], /^mse: -4001 Authorization Failed: the token has ended, or is not for this server\n$/]
  ]
  for (const [args, line] of cases) {
    const { code, stdout, stderr } = await call(url, args)
    t.equal(code, 1, args.join(' ').slice(0, 60))
    t.equal(stdout, '')
    t.match(stderr, line)
  }
})

t.test('says in one line, with exit code 2, what is wrong with the command', async (t) => {
  const cases: Array<[string[], RegExp]> = [
    [[], /^mse: a method is missing, such as: mse call ping/], [[''], /^mse: a method is missing/], [['$/ticket'], /^mse: "\$\/ticket" is no method/], [['m'.repeat(129)], /is no method/],
    [['ping', '[]'], /^mse: the params have to be one JSON object/], [['ping', '{'], /^mse: the params have to be one JSON object/], [['ping', 'null'], /^mse: the params/],
    [['ping', '{}', 'more'], /^mse: "more" is one word too many/], [['ping', '--timeout', 'soon'], /^mse: --timeout has to be a time/], [['ping', '--transport', 'pigeon'], /^mse: --transport has to be one of websocket, events, poll/],
    [['ping', '--notify=yes'], /^mse: Option '--notify' does not take an argument/], [['ping', '--notify', '--notify'], /^mse: --notify is given 2 times/], [['ping', '--user', 'ada'], /^mse: Unknown option '--user'/],
    [['ping', '--url', 'ftp://example.org'], /^mse: --url has to be an address/], [['ping', '--url', 'localhost'], /^mse: --url has to be/], [['ping', '--token', 'a b'], /^mse: the token is none/]
  ]
  for (const [args, line] of cases) await t.rejects(run(['call', ...args], { MSE_TOKEN: 'x' }, new TestTerminal()), { name: 'UsageError', message: new RegExp(line.source.replace('^mse: ', '^')) }, args.join(' ').slice(0, 60))
  for (const args of [['ping', '--timeout', 'soon'], []]) {
    const { code, stdout, stderr } = await call('http://127.0.0.1:9/mse', args)
    t.strictSame([code, stdout], [2, ''])
    t.match(stderr, /^mse: [^\n]+\(mse --help\)\n$/)
  }
  t.match(await call('http://127.0.0.1:9/mse', ['ping'], {}), { code: 2, stderr: /^mse: a token is missing: set MSE_TOKEN/ })
})

t.test('says that there is no server, or none of this kind, instead of waiting for one', async (t) => {
  const { url } = await serve(t)
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  t.match(await call(`http://127.0.0.1:${port}/mse`, ['ping']), { code: 1, stdout: '', stderr: /^mse: no connection to http:\S+: the server cannot be reached \(ECONNREFUSED\)\n$/ })
  t.match(await call(`http://127.0.0.1:${port}/mse`, ['ping', '--transport', 'websocket']), { code: 1, stderr: /^mse: no connection to http:\S+: the connection is gone \(ECONNREFUSED\)\n$/ })
  t.match(await call(url.replace('/mse', '/ems'), ['ping']), { code: 1, stderr: /^mse: no connection to \S+\/ems: HTTP 404: is the path right\?\n$/ })
})

t.test('waits for an answer as long as it is told', async (t) => {
  const { url } = await serve(t)
  t.match(await call(url, ['never', '--timeout', '1s']), { code: 1, stdout: '', stderr: 'mse: no answer in 1 s\n' })
})
