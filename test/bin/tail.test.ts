import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { humanLine } from '../../bin/human-line.ts'
import { run } from '../../bin/run.ts'
import { RecordingEngine } from '../../lib/testing/index.ts'
import { Chat, SdpOffer, closeReason, defineNotification } from '../../lib/protocol/index.ts'
import { mse } from '../../plugins/mse.ts'
import { serve, terminate } from '../helpers/serve.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'
import { Program } from './program.ts'
import { TestTerminal } from './test-terminal.ts'

const Tick = defineNotification({ name: 'tick', direction: 'server', params: Type.Object({ at: Type.Integer() }) })

async function open (t: Test): Promise<{ app: FastifyInstance, url: string }> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET }, engine: new RecordingEngine() })
  return { app, url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/mse` }
}

function tail (t: Test, url: string, args: string[] = [], token = makeToken()): Program {
  const program = new Program('bin/mse.js', ['tail', ...args], { MSE_TOKEN: token, MSE_URL: url })
  t.teardown(() => program.stop())
  return program
}

for (const name of ['websocket', 'events', 'poll']) {
  t.test(`prints each notification as a line of JSON by ${name}, and ends with Ctrl-C`, async (t) => {
    const { app, url } = await open(t)
    const program = tail(t, url, ['--transport', name])
    await program.matchError(new RegExp(`^mse: open by ${name}\n`))
    app.mse.room('lobby').notify(Chat, { to: [], message: 'hello' })
    app.mse.room('lobby').notify(Tick, { at: 7 })
    const [line] = await program.match(/^.*"tick".*$/)
    t.match(JSON.parse(line), { time: /^\d{4}-.*Z$/, method: 'tick', params: { at: 7 } })
    const ended = new Promise((resolve) => { app.mse.on('ended', resolve) })
    program.signal('SIGINT')
    const { code, stdout, stderr } = await program.ended
    t.equal(code, 0)
    t.strictSame(stdout.split('\n').map((line) => (JSON.parse(line) as { method: string }).method), ['chat', 'tick'])
    t.equal(stderr, `mse: open by ${name}\n`)
    await ended
    t.equal(app.mse.sessions.size, 0, 'the session has not been left to time out')
  })
}

t.test('ends with SIGTERM, too, and when nobody reads it any more', async (t) => {
  const { app, url } = await open(t)
  const [terminated, unread] = [tail(t, url), tail(t, url)]
  for (const program of [terminated, unread]) await program.matchError(/^mse: open/)
  terminated.signal('SIGTERM')
  t.match(await terminated.ended, { code: 0, stdout: '' })
  unread.hangUp()
  app.mse.room('lobby').notify(Tick, { at: 1 })
  t.match(await unread.ended, { code: 0, stderr: /^mse: open by websocket\n$/ })
})

t.test('goes on when the server is restarted', async (t) => {
  const first = await serve(t, ['--engine', 'none', '--secret', TEST_SECRET])
  const program = tail(t, `${first.origin}/mse`)
  await program.matchError(/^mse: open/)
  await terminate(first)
  await program.matchError(/^mse: the server goes down, it ends this connection in \d+\.\d s$/m)
  await program.matchError(/^mse: reconnecting in \d+\.\d s: .*\n/m)
  const second = await serve(t, ['--engine', 'none', '--secret', TEST_SECRET], Number(new URL(first.origin).port))
  await program.matchError(/^mse: the session is lost \(unknown\), another one begins[^]+^mse: open by/m)
  const chat = ['call', 'chat', '{"to":[],"message":"back"}', '--url', `${second.origin}/mse`, '--token', makeToken({ userId: 'bob' })]
  t.match(await new Program('bin/mse.js', chat).ended, { code: 0 })
  const [line] = await program.match(/^.*"back".*$/)
  t.match(JSON.parse(line), { method: 'chat', params: { from: 'bob', message: 'back' } })
  program.signal('SIGINT')
  t.match(await program.ended, { code: 0 })
})

t.test('asks for the media when it is told to, and prints what they bring', async (t) => {
  const { app, url } = await open(t)
  const started = new Promise((resolve) => { app.mse.on('started', resolve) })
  const program = tail(t, url, ['--start'])
  await started
  app.mse.room('lobby').notify(SdpOffer, { offer: 'v=0' })
  const [line] = await program.match(/^.*sdpOffer.*$/)
  t.match(JSON.parse(line), { params: { offer: 'v=0' } })
})

t.test('ends with 1 and one line when the server wants no more of it', async (t) => {
  const { app, url } = await open(t)
  const refused = tail(t, url, [], makeToken({ roomId: undefined }))
  t.match(await refused.ended, { code: 1, stdout: '', stderr: /^mse: -4001 Authorization Failed: [^\n]+\n$/ })
  const ended = tail(t, url)
  await ended.matchError(/^mse: open/)
  for (const session of app.mse.sessions.values()) session.end(closeReason('ended'))
  t.match(await ended.ended, { code: 1, stdout: '', stderr: 'mse: open by websocket\nmse: the server has ended the session\n' })
  t.match(await tail(t, url, ['loose']).ended, { code: 2, stderr: /^mse: Unexpected argument 'loose'/ })
})

t.test('prints for people on a terminal', async (t) => {
  const { app, url } = await open(t)
  const terminal = new TestTerminal(true)
  const tailing = run(['tail', '--url', url], { MSE_TOKEN: makeToken() }, terminal)
  await terminal.match(/open by websocket/)
  app.mse.room('lobby').notify(Chat, { from: 'bob', to: [], message: 'hello\u001b[31m\nmse: open' })
  await terminal.match(/hello/)
  terminal.interrupt()
  await tailing
  t.match(terminal.stdout, /^\d\d:\d\d:\d\d {2}chat {10}bob: hello\\u001b\[31m\\u000amse: open\n$/, 'nothing of it acts on the terminal')
})

t.test('says in a few words what would be long', async (t) => {
  const line = (method: string, params: unknown) => humanLine({ time: new Date().toISOString(), method, params }).slice(8).trim()
  const sdp = 'v=0\r\nm=audio 9 x\r\na=setup:actpass\r\nm=video 9 x\r\n'
  t.equal(line('sdpOffer', { offer: sdp }), `sdpOffer      offer of audio, video, ${sdp.length} characters`)
  t.equal(line('sdpOffer', { offer: { type: 'answer', sdp: 'v=0' } }), 'sdpOffer      answer of nothing, 3 characters')
  t.equal(line('iceCandidate', { candidate: { candidate: 'candidate:1 1 udp' } }), 'iceCandidate  candidate:1 1 udp')
  t.equal(line('iceCandidate', { candidate: '' }), 'iceCandidate  no more candidates')
  t.equal(line('chat', { from: 'bob', to: ['ada'], message: 'psst', attachment: { a: 1 } }), 'chat          bob (to you): psst {"a":1}')
  t.equal(line('chat', { to: [], message: 'from the server' }), 'chat          from the server')
  t.equal(line('tick', { at: 1 }), 'tick          {"at":1}')
  t.match(line('tick', { at: 'x'.repeat(1_000) }), /^tick {10}\{"at":"x{393}… \(1009 characters\)$/)
  for (const params of [{}, { offer: null }, { offer: {} }, null]) t.match(line('sdpOffer', params), /^sdpOffer {6}\{/, 'what is not as it should be is JSON')
})
