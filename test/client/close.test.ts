/** A client that is closed, in whatever state, leaves nothing behind that would keep its process: it ends by itself, and no rejection goes unheard. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { defineMethod, defineNotification } from '../../index.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

const PROGRAM = join(import.meta.dirname, 'close-program.ts')
const TRANSPORTS = ['websocket', 'events', 'poll'] as const

async function startServer (t: Test) {
  const app = await startApp(t, { closeTimeoutMs: 1_000 })
  app.mse.method(defineMethod({ name: 'hold' }), () => new Promise(() => {}))
  // Every socket of the app: the link breaks without a word.
  app.mse.method(defineNotification({ name: 'cut', direction: 'client' }), () => { setImmediate(() => app.server.closeAllConnections()) })
  return app
}

async function run (t: Test, state: string, transport: string, url: string): Promise<void> {
  const child = spawn(process.execPath, ['--import', './test/typescript.js', '--unhandled-rejections=strict', PROGRAM, state, transport, url, makeToken({ userId: 'ana', roomId: 'r' })], {
    cwd: join(import.meta.dirname, '../..')
  })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += String(chunk) })
  const [code] = await once(child, 'close') as [number]
  t.equal(output, 'closed closed\nclosed\n', 'the call that waited is told, and nothing else is said')
  t.equal(code, 0)
}

for (const transport of TRANSPORTS) {
  t.test(`${transport}: open, with a call that waits`, async (t) => {
    const app = await startServer(t)
    await run(t, 'open', transport, `http://127.0.0.1:${portOf(app)}/mse`)
    t.equal(app.mse.sessions.size, 0, 'the session is over')
  })

  t.test(`${transport}: while it waits for a token`, async (t) => {
    await run(t, 'token', transport, 'http://127.0.0.1:9/mse')
  })

  t.test(`${transport}: while it connects to what never answers`, async (t) => {
    const silent = createServer((socket) => socket.on('error', () => {}))
    await once(silent.listen({ host: '127.0.0.1', port: 0 }), 'listening')
    t.teardown(() => silent.close())
    await run(t, 'connecting', transport, `http://127.0.0.1:${(silent.address() as AddressInfo).port}/mse`)
  })

  t.test(`${transport}: in the pause after a failure`, async (t) => {
    const gone = createServer()
    await once(gone.listen({ host: '127.0.0.1', port: 0 }), 'listening')
    const { port } = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    await run(t, 'paused', transport, `http://127.0.0.1:${port}/mse`)
  })
}

for (const transport of ['events', 'poll'] as const) {
  t.test(`${transport}: while it moves to a WebSocket`, async (t) => {
    const app = await startServer(t)
    await run(t, 'moving', transport, `http://127.0.0.1:${portOf(app)}/mse`)
    t.equal(app.mse.sessions.size, 0)
  })

  t.test(`${transport}: when its link was lost`, async (t) => {
    const app = await startServer(t)
    await run(t, 'lost', transport, `http://127.0.0.1:${portOf(app)}/mse`)
  })
}
