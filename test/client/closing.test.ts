/** `close()` in every state: it resolves, and nothing is left. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { STATES } from './closing-states.ts'
import { TRANSPORTS, connected, startServer } from './sdk-world.ts'

/** Takes what comes and says nothing. */
async function startMute (t: Test): Promise<string> {
  const server = createServer((socket) => { socket.on('error', () => {}).resume() })
  await once(server.listen({ host: '127.0.0.1', port: 0 }), 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mse`
}

for (const transport of TRANSPORTS) {
  for (const [state, make] of Object.entries(STATES)) {
    t.test(`a client that is closed ${state} leaves no timer, by ${transport}`, async (t) => {
      const { url } = await startServer(t)
      const clock = new FakeClock()
      const client = await make({ url, muteUrl: await startMute(t) }, transport, clock)
      const closing = client.close()
      t.equal(client.state, 'closed', 'at once')
      t.equal(client.close(), closing, 'and only once')
      // The server's end of it takes real time; only where it says nothing does the client's own matter.
      const isDone = closing.then(() => true)
      while (!await Promise.race([isDone, new Promise((resolve) => { setImmediate(resolve, false) })])) clock.advance(1)
      t.equal(clock.pending, 0)
    })
  }

  t.test(`a client that is closed tells the server, which ends the session, by ${transport}`, async (t) => {
    const { url, app } = await startServer(t)
    const ended = new Promise<number>((resolve) => { app.mse.on('ended', ({ reason }) => resolve(reason.code)) })
    const { client, states } = await connected(t, url, { transports: [transport] })
    await client.close()
    t.equal(await ended, 1000)
    t.strictSame([states, app.mse.sessions.size], [[`open ${transport}`, 'closed'], 0])
  })

  t.test(`what was called and is not answered rejects, what was said before the end is heard, by ${transport}`, async (t) => {
    const { url, ran } = await startServer(t)
    const { client } = await connected(t, url, { transports: [transport] })
    const call = client.call('hold' as 'ping', { n: 1 } as never).catch((error: unknown) => error)
    client.notify('note' as 'chat', { n: 2 } as never)
    await client.close()
    t.match(await call, { name: 'ClientError', reason: 'closed' })
    t.strictSame(ran, ['hold 1', 2])
  })

  t.test(`a client whose queue is full can be closed, by ${transport}`, async (t) => {
    const { url, app } = await startServer(t)
    const { client } = await connected(t, url, { transports: [transport], maxQueuedBytes: 60 })
    client.notify('note' as 'chat', { n: 2 } as never)
    t.throws(() => client.notify('disconnect' as 'chat', undefined as never), { message: 'more than 60 bytes wait to be sent' })
    await client.close()
    t.equal(app.mse.sessions.size, 0)
  })
}

t.test('a process whose clients are closed ends by itself, with no rejection that nobody took and no socket left', async (t) => {
  const { url } = await startServer(t, { maxSessionsPerUser: 100 })
  const flags = ['--import', './test/typescript.js', '--unhandled-rejections=strict']
  const script = fileURLToPath(new URL('closing-process.ts', import.meta.url))
  // `env -i`, because tap's own runner puts its hooks into whatever is spawned.
  const child = spawn('env', ['-i', `PATH=${process.env['PATH'] ?? ''}`, process.execPath, ...flags, script, url, await startMute(t)], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill())
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints += text })
  const reports: unknown[] = []
  createInterface({ input: child.stdout }).on('line', (line) => reports.push(JSON.parse(line)))
  const [code] = await once(child, 'exit')
  t.equal(complaints, '')
  t.equal(code, 0)
  const expected = TRANSPORTS.flatMap((transport) => [...Object.keys(STATES), 'await using'].map((state) => ({ case: `${state} by ${transport}`, state: 'closed', left: [] })))
  t.strictSame(reports, expected)
})
