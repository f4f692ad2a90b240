import { Type } from '@sinclair/typebox'
import t from 'tap'
import { MseError, defineMethod } from '../../index.ts'
import type { Frame } from '../matrix/client.ts'
import { open } from '../helpers/websocket-client.ts'
import { startLogged } from './captured-log.ts'
import { everyFace } from './every-face.ts'
import { nothingIsAstray } from './stray-errors.ts'

type Handlers = Readonly<Record<string, () => unknown>>

const circular = (): Record<string, unknown> => {
  const value: Record<string, unknown> = {}
  value['self'] = [{ value }]
  return value
}

const deep = (levels: number): unknown => {
  let value: unknown = null
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const fail = (): never => { throw new Error('of our own') }

/** Errors that hurt whoever looks at them. */
const THORNY: Handlers = {
  revoked,
  messageThrows: () => Object.defineProperty(new Error('x'), 'message', { get: fail }),
  stackThrows: () => Object.defineProperty(new Error('x'), 'stack', { get: fail }),
  causeIsItself: () => { const error = new Error('x'); return Object.assign(error, { cause: error, errors: [error] }) },
  inspectThrows: () => Object.assign(new Error('x'), { toJSON: fail, toString: fail, [Symbol.toPrimitive]: fail, [Symbol.for('nodejs.util.inspect.custom')]: fail }),
  prototypeThrows: () => new Proxy(new Error('x'), { getPrototypeOf: fail }),
  everythingThrows: () => new Proxy(new Error('x'), { get: fail, has: fail, getPrototypeOf: fail, ownKeys: fail, getOwnPropertyDescriptor: fail })
}

/** What is thrown, or comes of a promise. */
const THROWN: Handlers = {
  error: () => new Error('x'),
  null: () => null,
  undefined: () => undefined,
  string: () => 'x',
  zero: () => 0,
  symbol: () => Symbol('x'),
  bigint: () => 1n,
  function: () => fail,
  lookalike: () => ({ name: 'MseError', code: -1, message: 'forged', data: 'forged' }),
  errorWithCode: () => Object.assign(new Error('x'), { code: -4001, data: {} }),
  dataIsCircular: () => new MseError('unavailable', circular()),
  dataIsBigInt: () => new MseError('unavailable', { retryAfterMs: 1n }),
  ...THORNY
}

/** Results that are not JSON. */
const RESULTS: Handlers = {
  circular,
  bigint: () => 1n,
  nestedBigInt: () => ({ a: [1n] }),
  getterThrows: () => ({ get a () { return fail() } }),
  toJSONThrows: () => ({ toJSON: fail }),
  toJSONGivesBigInt: () => ({ toJSON: () => 1n }),
  toJSONIsCircular: () => ({ toJSON: circular }),
  thenThrows: () => ({ get then () { return fail() } }),
  tooDeep: () => deep(100_000),
  revoked,
  everythingThrows: () => new Proxy({}, { get: fail, has: fail, ownKeys: fail })
}

/** Results that become null, as an answer must have one. */
const NOTHING: Handlers = { undefined: () => undefined, function: () => fail, symbol: () => Symbol('x'), nan: () => NaN, infinity: () => Infinity, invalidDate: () => new Date(NaN), toJSON: () => ({ toJSON: () => undefined }) }

/** Thenables that do not keep the promises of promises. */
const THENABLES: Readonly<Record<string, (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void>> = {
  twice: (resolve) => { resolve(1); resolve(2) },
  resolvesAndRejects: (resolve, reject) => { resolve(1); reject(new Error('x')) },
  resolvesAndThrows: (resolve) => { resolve(1); fail() },
  later: (resolve, reject) => { setImmediate(() => { resolve(1); resolve(2); reject(3) }) }
}

const INTERNAL = { code: -32603, message: 'Internal error', data: { errorId: /^[\w-]{12}$/ } }

/** Every way in which a handler can bring up a value: at once, by a promise, late. */
function ways (make: () => unknown, bring: (value: unknown) => unknown): Array<() => unknown> {
  return [() => bring(make()), async () => bring(make()), async () => { await new Promise(setImmediate); return bring(make()) }]
}

const throwIt = (value: unknown): never => { throw value }

everyFace('93: whatever a handler throws, or gives back that is no JSON, is one -32603', async (t, open) => {
  const world = await open({ limits: { messageBurst: 1_000, maxCallsInFlight: 1_000 } })
  const names: string[] = []
  const add = (name: string, handler: () => unknown): void => {
    world.mse.method(defineMethod({ name, access: 'public', result: Type.Unknown() }), handler)
    names.push(name)
  }
  for (const [name, make] of Object.entries(THROWN)) for (const [way, handler] of ways(make, throwIt).entries()) add(`throws ${name} ${way}`, handler)
  for (const [name, make] of Object.entries(RESULTS)) for (const [way, handler] of ways(make, (value) => value).entries()) add(`gives ${name} ${way}`, handler)
  const client = await world.join('ada')
  for (const name of names) {
    const error = await client.fail(name)
    t.match(error, INTERNAL, name)
    t.equal(Object.keys(error.data as object).length, 1, 'and nothing else')
  }
  t.equal(world.mse.counters.internalErrors, names.length)
  for (const name of names) client.tell(name)
  await client.isSilent(t)
  const batch = names.slice(0, 30)
  const answers = await client.exchange<Frame[]>(batch.map((method, id) => ({ id, method, jsonrpc: '2.0' })))
  t.strictSame(answers.map(({ id, error }) => [id, error?.code]), batch.map((_, id) => [id, -32603]), 'each in its place')
})

everyFace('93: a result that is nothing is null, and a thenable that calls back twice is answered once', async (t, open) => {
  const world = await open()
  for (const [name, make] of Object.entries(NOTHING)) world.mse.method(defineMethod({ name, access: 'public', result: Type.Unknown() }), make)
  for (const [name, then] of Object.entries(THENABLES)) world.mse.method(defineMethod({ name, access: 'public', result: Type.Unknown() }), () => ({ then }))
  const client = await world.join('ada')
  for (const name of Object.keys(NOTHING)) t.equal(await client.succeed(name), null, name)
  for (const name of Object.keys(THENABLES)) t.equal(await client.succeed(name), 1, name)
  await client.isSilent(t)
})

everyFace('93: a handler that never settles is -32603 when its time is over, and what it settles with later goes nowhere', async (t, open) => {
  const world = await open({ limits: { maxCallsInFlight: 3, callTimeoutMs: 5_000 } })
  const settle: Array<{ resolve: (value: unknown) => void, reject: (error: unknown) => void }> = []
  world.mse.method(defineMethod({ name: 'never', access: 'public', result: Type.Unknown() }), () => new Promise((resolve, reject) => { settle.push({ resolve, reject }) }))
  world.mse.method(defineMethod({ name: 'deaf', access: 'public', result: Type.Unknown() }), () => ({ then: () => { settle.push({ resolve: () => {}, reject: () => {} }) } }))
  const client = await world.join('ada')
  const ids = [client.request('never'), client.request('never'), client.request('deaf')]
  while (settle.length < 3) await new Promise(setImmediate)
  world.clock.advance(5_000)
  const answers = [await client.next(), await client.next(), await client.next()]
  t.strictSame(answers.map(({ id }) => id).sort(), ids)
  for (const { error } of answers) t.match(error, INTERNAL)
  settle[0]?.resolve(circular())
  settle[1]?.reject(new Error('late'))
  await client.isSilent(t)
})

everyFace('93: a handler that settles when its client is gone is answered to nobody', async (t, open) => {
  const world = await open()
  const settle: Array<() => void> = []
  for (const [name, value] of [['resolves', 'late'], ['fails', null]] as const) {
    world.mse.method(defineMethod({ name, access: 'public', result: Type.Unknown() }), () => new Promise((resolve, reject) => {
      settle.push(() => value === null ? reject(new Error('late')) : resolve(value))
    }))
  }
  const client = await world.join('ada')
  const [session] = [...world.mse.sessions.values()].filter(({ identity }) => identity?.userId === 'ada')
  for (const name of ['resolves', 'fails']) {
    client.request(name)
    client.tell(name)
  }
  while (settle.length < 4) await new Promise(setImmediate)
  session?.end({ code: 1000, text: 'gone' })
  for (const one of settle) one()
  while (session?.callsInFlight !== 0) await new Promise(setImmediate)
  if (world.transport === 'post') return
  await client.isClosed(t, 1000)
})

t.test('93: errors that hurt their log are answered, too, and the log says which', async (t) => {
  const { app, said } = await startLogged(t)
  for (const [name, make] of Object.entries(THORNY)) {
    for (const [way, handler] of ways(make, throwIt).entries()) app.mse.method(defineMethod({ name: `${name} ${way}`, access: 'public', result: Type.Unknown() }), handler)
  }
  const client = await open(app)
  for (const name of Object.keys(THORNY)) {
    for (let way = 0; way < 3; way++) {
      const { error } = await client.call(`${name} ${way}`)
      t.match(error, INTERNAL, `${name} ${way}`)
      t.match(said('a handler failed').at(-1), { errorId: (error?.data as { errorId: string }).errorId, method: `${name} ${way}` })
    }
  }
  await client.close()
  await nothingIsAstray(t)
})
