/** Resume over real sockets. */
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { Chat, type Session } from '../../index.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

interface Frame { readonly id?: unknown, readonly method?: string, readonly result?: unknown, readonly params?: Record<string, unknown> }

/** A socket whose frames are waited for one by one. */
class Resumer {
  readonly socket: WebSocket
  readonly closed: Promise<number>
  readonly #frames: Frame[] = []
  #wake = (): void => {}

  constructor (port: number) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/mse`, ['mse.v1.resume'])
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => { this.socket.on('close', resolve) })
    this.socket.on('message', (data) => {
      this.#frames.push(JSON.parse(String(data)) as Frame)
      this.#wake()
    })
  }

  /** Sends as soon as it can. */
  send (message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    if (this.socket.readyState === WebSocket.CONNECTING) this.socket.once('open', () => this.socket.send(text))
    else this.socket.send(text)
  }

  async next (): Promise<Frame> {
    while (this.#frames.length === 0) await new Promise<void>((resolve) => { this.#wake = resolve })
    return this.#frames.shift() as Frame
  }
}

async function open (t: Test, clock = new FakeClock(Date.now())) {
  const app = await startApp(t, { clock, drainTimeoutMs: 0, pingIntervalMs: 1e9, closeTimeoutMs: 1e9 })
  const connect = (): Resumer => {
    const resumer = new Resumer(portOf(app))
    t.teardown(() => resumer.socket.terminate())
    return resumer
  }
  const join = async (): Promise<{ client: Resumer, session: Session, resume: object }> => {
    const client = connect()
    client.send({ id: 1, method: 'auth', params: { token: makeToken(), version: '1.0' } })
    t.match(await client.next(), { id: 1, result: 'authenticated' })
    const { method, params } = await client.next()
    t.equal(method, '$/session')
    const { session: id, epoch } = params as { session: string, epoch: string }
    return { client, session: app.mse.sessions.get(id) as Session, resume: { id: 'r', method: '$/resume', params: { session: id, epoch, received: 0 } } }
  }
  return { app, clock, connect, join }
}

t.test('goes on after the socket is gone, with what was missed, in order', async (t) => {
  const { connect, join } = await open(t)
  const { client, session, resume } = await join()
  client.socket.terminate()
  while (session.transport !== 'none') await new Promise(setImmediate)
  for (const message of ['one', 'two']) session.notify(Chat, { to: [], message, from: 'server' })
  const back = connect()
  back.send(resume)
  t.match(await back.next(), { id: 'r', result: { resumed: true, received: 0 } })
  t.match([await back.next(), await back.next()], [{ params: { message: 'one' } }, { params: { message: 'two' } }])
})

t.test('two sockets at once: the newest wins, the other is closed with 4509, and no message goes both ways', async (t) => {
  const { connect, join } = await open(t)
  const { client, session, resume } = await join()
  const both = [connect(), connect()]
  for (const each of both) each.send(resume)
  for (const each of both) t.match(await each.next(), { id: 'r', result: { resumed: true } })
  t.equal(await client.closed, 4509)
  const [loser] = await Promise.race(both.map(async (each) => [each, await each.closed] as const))
  t.equal(await loser?.closed, 4509)
  const winner = both.find((each) => each !== loser)
  session.notify(Chat, { to: [], message: 'to the winner', from: 'server' })
  t.match(await winner?.next(), { params: { message: 'to the winner' } })
})

t.test('a plain client cannot resume: its session ends with its socket', async (t) => {
  const { app } = await open(t)
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}/mse`)
  await new Promise((resolve) => { socket.on('open', resolve) })
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken(), version: '1.0' } }))
  await new Promise((resolve) => { socket.on('message', resolve) })
  t.equal(app.mse.sessions.size, 1)
  const ended = new Promise((resolve) => { app.mse.on('ended', resolve) })
  socket.terminate()
  await ended
  t.equal(app.mse.sessions.size, 0)
})
