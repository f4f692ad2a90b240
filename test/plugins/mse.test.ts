import { once } from 'node:events'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import type { WebSocket } from 'ws'
import { type Mse, mse } from '../../index.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { type Client, handshake, join, listen, open, RawClient, startApp } from '../helpers/websocket-client.ts'
import { TEST_SECRET } from '../helpers/tokens.ts'

const jwt = { secret: TEST_SECRET }
const OTHER_SECRET = `${TEST_SECRET} of another instance`

declare module 'fastify' {
  interface FastifyInstance {
    other: Mse
  }
}

/** A route of the host's own that says back what it hears, with the size of its frames' limit. */
async function addEcho (app: FastifyInstance): Promise<void> {
  app.get('/echo', { websocket: true }, (socket) => {
    socket.on('message', (data: Buffer) => socket.send(JSON.stringify({ result: data.toString() })))
  })
}

async function echoes (app: FastifyInstance): Promise<Client> {
  const client = await open(app, { path: '/echo' })
  client.send('hello')
  const { result } = await client.next()
  if (result !== 'hello') throw new Error('no echo')
  return client
}

/** Collects what the app logs. */
function logTo (lines: Array<Record<string, unknown>>): object {
  return { logger: { level: 'trace', stream: { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) } } }
}

t.test('answers over a WebSocket after one line of registration', async (t) => {
  const app = await startApp(t)
  const client = await open(app)
  t.strictSame(await client.call('ping'), { id: 1, jsonrpc: '2.0', result: 'pong' })
  t.match(await client.auth(), { result: 'authenticated' })
  t.equal(app.mse.sessions.size, 1)
})

t.test('lives beside the @fastify/websocket of the host', async (t) => {
  const register = async (app: FastifyInstance, options = {}): Promise<void> => { await app.register(fastifyWebsocket, { options }) }
  const ways: Record<string, (app: FastifyInstance) => Promise<void>> = {
    'registered before': async (app) => {
      await register(app, { maxPayload: 262_144 })
      await addEcho(app)
      await app.register(mse, { jwt })
    },
    'registered after': async (app) => {
      await app.register(mse, { jwt })
      await register(app)
      await addEcho(app)
    },
    'registered after, in one go': async (app) => {
      app.register(mse, { jwt })
      app.register(fastifyWebsocket)
      app.register(addEcho)
    },
    'registered before, in a context beside ours': async (app) => {
      await app.register(async (child) => {
        await register(child)
        await addEcho(child)
      })
      await app.register(mse, { jwt })
    },
    'registered after, above our context': async (app) => {
      await app.register(async (child) => {
        await child.register(mse, { jwt })
        app.decorate('mse', child.mse)
      })
      await register(app)
      await addEcho(app)
    },
    'registered without tracking of its clients': async (app) => {
      await register(app, { clientTracking: false })
      await addEcho(app)
      await app.register(mse, { jwt })
    }
  }
  for (const [way, prepare] of Object.entries(ways)) {
    t.test(way, async (t) => {
      const lines: Array<Record<string, unknown>> = []
      const app = Fastify(logTo(lines))
      let requests = 0
      app.addHook('onRequest', async () => { requests++ })
      await prepare(app)
      await listen(t, app)
      const theirs = await echoes(app)
      const ours = await join(app)
      t.equal(requests, 2, 'each upgrade is routed once')
      t.strictSame(lines.filter(({ msg }) => msg === 'websocket upgrade failed'), [], 'and not tried again')
      await app.mse.close()
      t.match(await ours.closed, { code: 1012 })
      theirs.send('still here')
      t.match(await theirs.next(), { result: 'still here' }, 'our close is not theirs')
      theirs.socket.close()
      await theirs.closed
    })
  }
})

t.test('warns when the @fastify/websocket of the host takes larger or only smaller messages', async (t) => {
  for (const [maxPayload, word] of [[undefined, 'larger'], [0, 'larger'], [262_145, 'larger'], [65_536, 'smaller'], [262_144, null]] as const) {
    const lines: Array<Record<string, unknown>> = []
    const app = Fastify(logTo(lines))
    await app.register(fastifyWebsocket, { options: maxPayload === undefined ? {} : { maxPayload } })
    await app.register(mse, { jwt })
    await app.close()
    const warnings = lines.filter(({ level }) => level === 40).map(({ msg }) => String(msg))
    t.equal(warnings.length, word === null ? 0 : 1)
    if (word !== null) t.match(warnings[0], new RegExp(`${word} messages than MSE: set its options.maxPayload`))
  }
})

t.test('warns when the @fastify/websocket of the host emits late', async (t) => {
  for (const [allowSynchronousEvents, count] of [[false, 1], [true, 0], [undefined, 0]] as const) {
    const lines: Array<Record<string, unknown>> = []
    const app = Fastify(logTo(lines))
    await app.register(fastifyWebsocket, { options: { maxPayload: 262_144, allowSynchronousEvents } })
    await app.register(mse, { jwt })
    await app.close()
    t.equal(lines.filter(({ level, msg }) => level === 40 && String(msg).includes('allowSynchronousEvents')).length, count, String(allowSynchronousEvents))
  }
})

t.test('closes with 1009 what is above our limit on the server of the host too', async (t) => {
  const app = await startApp(t, { maxMessageBytes: 32_768 }, { before: (app) => app.register(fastifyWebsocket) })
  const client = await join(app)
  client.send(JSON.stringify({ id: 1, method: 'ping', jsonrpc: '2.0', pad: 'x'.repeat(32_768) }))
  t.match(await client.closed, { code: 1009 })
})

t.test('does not compress on a server of the host that does', async (t) => {
  const app = await startApp(t, {}, {
    before: async (app) => {
      await app.register(fastifyWebsocket, { options: { perMessageDeflate: true } })
      await addEcho(app)
    }
  })
  const theirs = await open(app, { path: '/echo', perMessageDeflate: true })
  t.equal(theirs.socket.extensions, 'permessage-deflate')
  const ours = await open(app, { perMessageDeflate: true })
  t.equal(ours.socket.extensions, '')
  t.match(await ours.call('ping'), { result: 'pong' })
})

t.test('leaves upgrades to whoever else listens for them', async (t) => {
  const app = await startApp(t, { prefix: '/v1' }, {
    before: (app) => app.server.on('upgrade', (request, socket) => {
      if (request.url !== '/hot-reload') return
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      socket.on('data', (data) => socket.write(data)).on('end', () => socket.end())
    })
  })
  t.match(await (await open(app, { path: '/v1/mse?x=1' })).call('ping'), { result: 'pong' })
  const raw = new RawClient(app)
  raw.write(handshake(app, {}, '/hot-reload'))
  t.match(await raw.head(), /^HTTP\/1.1 101 /)
  for (let i = 0; i < 3; i++) {
    raw.write('still mine\r\n\r\n')
    t.equal(await raw.head(), 'still mine')
  }
  raw.socket.destroy()
})

t.test('serves several instances, each with its own secret and rooms', async (t) => {
  const shapes: Record<string, (app: FastifyInstance) => Promise<readonly [Mse, Mse]>> = {
    'in one context': async (app) => {
      await app.register(mse, { jwt, prefix: '/a' })
      await app.register(mse, { jwt: { secret: OTHER_SECRET }, prefix: '/b', name: 'other' })
      return [app.mse, app.other]
    },
    'in sibling contexts': async (app) => {
      const instances: Mse[] = []
      await app.register(async (child) => { instances.push(await registered(child, TEST_SECRET)) }, { prefix: '/a' })
      await app.register(async (child) => { instances.push(await registered(child, OTHER_SECRET)) }, { prefix: '/b' })
      t.notOk(app.hasDecorator('mse'), 'which stay encapsulated')
      return instances as [Mse, Mse]
    },
    'in nested contexts': async (app) => {
      let inner: Mse | null = null
      await app.register(mse, { jwt, prefix: '/a' })
      await app.register(async (child) => {
        t.equal(child.mse, app.mse, 'which inherit')
        inner = await registered(child, OTHER_SECRET)
        t.not(child.mse, app.mse, 'until they have their own')
      }, { prefix: '/b' })
      return [app.mse, inner as unknown as Mse]
    }
  }
  for (const [shape, prepare] of Object.entries(shapes)) {
    t.test(shape, async (t) => {
      const app = Fastify()
      const [a, b] = await prepare(app)
      await listen(t, app)
      const inA = await join(app, { userId: 'ada' }, { path: '/a/mse' })
      const inB = await open(app, { path: '/b/mse' })
      t.match(await inB.auth(), { error: { code: -4001 } }, 'a token for the other instance is refused')
      t.match(await inB.auth({ userId: 'bob' }, OTHER_SECRET), { result: 'authenticated' })
      t.equal(a.room('lobby').size, 1)
      t.equal(b.room('lobby').size, 1)
      inA.send({ method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'hello' } })
      await inA.call('ping')
      t.match(await inB.call('ping'), { result: 'pong' }, 'nothing came over')
      await a.close()
      t.match(await inA.closed, { code: 1012 })
      t.match(await inB.call('ping'), { result: 'pong' }, 'the other one goes on')
    })
  }
})

async function registered (context: FastifyInstance, secret: string): Promise<Mse> {
  await context.register(mse, { jwt: { secret } })
  return context.mse
}

t.test('lets each instance have its own limit on messages', async (t) => {
  const app = await startApp(t, { prefix: '/small', maxMessageBytes: 1_024 }, {
    after: (app) => app.register(mse, { jwt, prefix: '/large', name: 'other', maxMessageBytes: 65_536 })
  })
  const large = await join(app, {}, { path: '/large/mse' })
  large.send({ id: 'x', method: 'ping', jsonrpc: '2.0', pad: 'x'.repeat(60_000) })
  t.match(await large.next(), { id: 'x', result: 'pong' })
  const small = await join(app, {}, { path: '/small/mse' })
  small.send({ id: 'x', method: 'ping', jsonrpc: '2.0', pad: 'x'.repeat(1_024) })
  t.match(await small.closed, { code: 1009 })
})

t.test('refuses a name that is taken', async (t) => {
  for (const [name, prepare] of [
    ['mse', async (app: FastifyInstance) => { await app.register(mse, { jwt, prefix: '/a' }) }],
    ['mse', async (app: FastifyInstance) => { app.decorate('mse', null as never) }],
    ['listen', async () => {}],
    ['constructor', async () => {}]
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    await prepare(app)
    await t.rejects(Promise.resolve(app.register(mse, { jwt, name })), {
      code: 'MSE_ERR_NAME_TAKEN', message: `app.${name} is there already: give this instance another \`name\``
    })
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(Promise.resolve(app.register(async (child) => { await child.register(mse, { jwt, name: 'inject' }) })), { code: 'MSE_ERR_NAME_TAKEN' }, 'also further up')
})

t.test('refuses an engine that serves another instance, and takes it when that one is closed', async (t) => {
  const engine = new RecordingEngine()
  const app = Fastify()
  await app.register(mse, { jwt, engine })
  await t.rejects(Promise.resolve(app.register(mse, { jwt, engine, name: 'other', prefix: '/b' })), {
    code: 'MSE_ERR_ENGINE_TAKEN', message: 'the media engine "recording" serves another instance: give each its own'
  })
  t.ok(engine.isOpen)
  await app.close()
  t.notOk(engine.isOpen)
  await startApp(t, { engine })
  t.ok(engine.isOpen)
})

t.test('does not boot when the engine does not open', async (t) => {
  const engine = new RecordingEngine()
  engine.open = async () => { throw new Error('no ports left') }
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(Promise.resolve(app.register(mse, { jwt, engine })), { message: 'no ports left' })
})

t.test('puts prefix and path together, below the prefix of its context', async (t) => {
  const app = Fastify()
  await app.register(async (child) => { await child.register(mse, { jwt, prefix: '/calls', path: '/live' }) }, { prefix: '/v1' })
  await app.register(mse, { jwt, path: '/' })
  await listen(t, app)
  for (const path of ['/v1/calls/live', '/']) t.match(await (await open(app, { path })).call('ping'), { result: 'pong' })
  for (const path of ['/mse', '/v1/mse', '/v1/calls']) await t.rejects(open(app, { path }), { message: 'Unexpected server response: 404' })
})

t.test('answers injected requests and sockets', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt })
  t.equal((await app.inject({ url: '/mse' })).statusCode, 426)
  const socket: WebSocket = await app.injectWS('/mse')
  const rejected: unknown[] = []
  app.mse.on('rejected', (event) => { rejected.push(event) })
  socket.send('{"id":1,"method":"ping","jsonrpc":"2.0"}')
  const [data] = await once(socket, 'message') as [Buffer]
  t.equal(data.toString(), '{"id":1,"jsonrpc":"2.0","result":"pong"}')
  await t.rejects(app.injectWS('/mse', { headers: { origin: 'http://evil.example' } }), { message: 'Unexpected server response: 403' })
  socket.send('{"id":2,"method":"auth","jsonrpc":"2.0","params":{"token":"none","version":"1.0"}}')
  await once(socket, 'message')
  t.strictSame(rejected, [{ cause: 'origin', address: '' }, { cause: 'auth', address: '' }], 'they have no address')
  socket.terminate()
})

t.test('leaves the injectWS of the host to the host', async (t) => {
  for (const plugins of [[fastifyWebsocket, mse], [mse, fastifyWebsocket]] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    let theirs: unknown
    for (const plugin of plugins) {
      await app.register(plugin as typeof mse, plugin === mse ? { jwt } : {})
      if (plugin !== mse) theirs = app.injectWS
    }
    await app.ready()
    t.equal(app.injectWS, theirs)
  }
})
