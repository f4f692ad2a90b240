/** Answers that come late, twice or for somebody else, as a script has them. */
import t, { type Test } from 'tap'
import { Client } from '../../lib/client/client.ts'
import { forgetTransports } from '../../lib/client/transport-choice.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'

/** A request that waits for the test's answer. Ignores its signal, as an answer that is there already does. */
interface Asked {
  readonly kind: 'auth' | 'post' | 'poll' | 'end'
  readonly headers: Record<string, string>
  readonly body: string
  answer (status: number, headers?: Record<string, string>, body?: unknown): void
}

/** A client over polls whose requests the test answers. */
function scripted (t: Test): { client: Client, clock: FakeClock, asked: (kind: Asked['kind']) => Promise<Asked> } {
  forgetTransports()
  const waiting: Asked[] = []
  let wake = (): void => {}
  const fetch = (_url: unknown, { method = 'GET', headers = {}, body = '' }: { method?: string, headers?: Record<string, string>, body?: string }): Promise<Response> => new Promise((resolve) => {
    const post = body.includes('"auth"') ? 'auth' : 'post'
    const kind = method === 'POST' ? post : method === 'DELETE' ? 'end' : 'poll'
    const answer: Asked['answer'] = (status, headers = {}, content) => resolve(new Response(content === undefined ? null : JSON.stringify(content), { status, headers }))
    waiting.push({ kind, headers, body, answer })
    wake()
  })
  const asked = async (kind: Asked['kind']): Promise<Asked> => {
    for (;;) {
      const place = waiting.findIndex((each) => each.kind === kind)
      if (place >= 0) return waiting.splice(place, 1)[0] as Asked
      await new Promise<void>((resolve) => { wake = resolve })
    }
  }
  const clock = new FakeClock()
  const client = new Client({ url: 'http://127.0.0.1/mse', transports: ['poll'], getToken: () => 'a token', fetch: fetch as typeof globalThis.fetch, clock, random: () => 0, silenceMs: 3_600_000 })
  t.teardown(async () => {
    const closed = client.close()
    clock.advance(2_000)
    await closed
    if (clock.pending > 0) throw new Error('a timer is left')
  })
  return { client, clock, asked }
}

type Script = ReturnType<typeof scripted>

/** Opens a session of that name. */
async function mint ({ asked }: Script, name: string): Promise<void> {
  const auth = await asked('auth')
  auth.answer(200, { 'mse-session': name, 'mse-epoch': 'epoch' }, { jsonrpc: '2.0', id: '$auth', result: 'authenticated' })
  const first = await asked('poll')
  first.answer(204, { 'mse-epoch': 'epoch', 'mse-received': '0' })
}

const told = (client: Client, name: 'state' | 'reset' | 'session'): Promise<unknown> => new Promise((resolve) => { client.on(name, resolve) })
const chat = (message: string): object => ({ jsonrpc: '2.0', method: 'chat', params: { from: 'x', to: [], message } })

t.test('what a way repeats is told once', async (t) => {
  const script = scripted(t)
  const { client, asked } = script
  const heard: string[] = []
  client.on('chat', ({ message }) => heard.push(message))
  await mint(script, 'one')
  const headers = { 'mse-epoch': 'epoch', 'mse-received': '0' }
  const poll = await asked('poll')
  poll.answer(200, headers, [{ id: 'epoch.1', message: chat('a') }, { id: 'epoch.2', message: chat('b') }, { id: 'epoch.2', message: chat('b') }])
  const again = await asked('poll')
  t.equal(again.headers['last-event-id'], 'epoch.2')
  again.answer(200, headers, [{ id: 'epoch.1', message: chat('a') }, { id: 'epoch.2', message: chat('b') }, { id: 'epoch.3', message: chat('c') }])
  t.equal((await asked('poll')).headers['last-event-id'], 'epoch.3')
  t.strictSame(heard, ['a', 'b', 'c'])
})

t.test('the late receipt of a lost session settles nothing in the next', async (t) => {
  const script = scripted(t)
  const { client, asked } = script
  await mint(script, 'one')
  client.notify('chat', { to: [], message: 'first' })
  const late = await asked('post')
  const reset = told(client, 'reset')
  const lost = await asked('poll')
  lost.answer(404)
  t.match(await reset, { reason: 'unknown', uncertain: [{ method: 'chat', params: { message: 'first' } }] })
  await mint(script, 'two')
  client.notify('chat', { to: [], message: 'second' })
  const post = await asked('post')
  t.match(post.headers, { 'mse-session': 'two', 'mse-seq': '1' })
  const { bufferedBytes } = client
  late.answer(202, { 'mse-received': '57' })
  await asked('poll')
  await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(client.bufferedBytes, bufferedBytes)
  post.answer(202, { 'mse-received': '1' })
  await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(client.bufferedBytes, 0)
})

t.test('the late failure of a lost session does not cost the link of the next', async (t) => {
  const script = scripted(t)
  const { client, asked } = script
  await mint(script, 'one')
  client.notify('chat', { to: [], message: 'first' })
  const late = await asked('post')
  const lost = await asked('poll')
  lost.answer(404)
  await mint(script, 'two')
  await asked('poll')
  late.answer(404)
  await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(client.state, 'open')
  client.notify('chat', { to: [], message: 'second' })
  t.match((await asked('post')).headers, { 'mse-session': 'two', 'mse-seq': '1' })
})

t.test('a wish in the answer to a message is heeded while the link stands, up to a minute', async (t) => {
  const script = scripted(t)
  const { client, asked, clock } = script
  await mint(script, 'one')
  client.notify('chat', { to: [], message: 'first' })
  const post = await asked('post')
  post.answer(503, { 'retry-after': '86400' })
  await clock.advanceAsync(0)
  let isRepeated = false
  const repeated = asked('post').then(() => { isRepeated = true })
  await clock.advanceAsync(59_999)
  t.notOk(isRepeated)
  await clock.advanceAsync(1)
  await repeated
  t.equal(client.state, 'open')
})
