import { Type } from '@sinclair/typebox'
import t from 'tap'
import { Registry } from '../../lib/core/registry.ts'
import { MseError, defineMethod } from '../../lib/protocol/index.ts'
import { bench, settle } from './server-under-test.ts'

const Work = defineMethod({ name: 'work', access: 'public', params: Type.Object({ n: Type.Number() }), result: Type.Unknown() })

t.test('runs middleware after the guards, the first added outermost, around old and new methods', async (t) => {
  const { server, open } = bench()
  const order: string[] = []
  const layer = (name: string): void => server.use((call, next) => {
    order.push(`${name} ${call.contract.name}`)
    const result = next()
    order.push(`${name} out`)
    return result
  })
  layer('outer')
  server.method(Work, ({ n }) => { order.push(`work ${n}`); return n })
  layer('inner')
  const { send, next } = open()
  send('work', { n: 1 })
  t.match(await next(), { result: 1 })
  t.strictSame(order, ['outer work', 'inner work', 'work 1', 'inner out', 'outer out'])
  order.length = 0
  send('work', { n: 'x' })
  t.match(await next(), { error: { code: -32602 } })
  t.strictSame(order, [], 'a call that the contract refuses meets no middleware')
})

t.test('lets middleware answer, refuse, fail and wait', async (t) => {
  const { server, open } = bench()
  server.method(Work, ({ n }) => n)
  let layer = (_next: () => unknown): unknown => undefined
  server.use((_call, next) => layer(next))
  const { send, next } = open()
  const answer = async (use: typeof layer): Promise<unknown> => {
    layer = use
    send('work', { n: 5 })
    return next()
  }
  t.match(await answer((next) => next()), { result: 5 })
  t.match(await answer(() => 'mine'), { result: 'mine' })
  t.match(await answer(() => { throw new MseError('unauthorized') }), { error: { code: -5001 } })
  t.match(await answer(() => { throw new Error('oops') }), { error: { code: -32603 } })
  t.match(await answer(async (next) => { await settle(); return Number(await next()) + 1 }), { result: 6 })
})

t.test('refuses a name that is taken, and keeps the method that was there', async (t) => {
  const { server, open } = bench()
  server.method(Work, () => 'first')
  t.throws(() => server.method(Work, () => 'second'), { message: 'there is a method "work" already' })
  t.throws(() => server.method(defineMethod({ name: 'ping' }), () => null), TypeError)
  const { send, next } = open()
  send('work', { n: 1 })
  t.match(await next(), { result: 'first' })
})

t.test('knows which methods decide about others, in whatever order they are added', async (t) => {
  const registry = new Registry([])
  const add = (name: string, after: readonly string[] = []): void => registry.add(defineMethod({ name, after }), () => null)
  add('auth')
  add('a')
  add('b', ['a', 'c'])
  add('c')
  add('__proto__')
  t.strictSame(['auth', 'a', 'b', 'c', '__proto__'].map((name) => registry.get(name)?.decides), [true, true, false, true, false])
  t.strictSame(['constructor', 'toString', 'hasOwnProperty', ''].map((name) => registry.get(name)), [undefined, undefined, undefined, undefined])
  t.strictSame(registry.contracts.map(({ name }) => name), ['auth', 'a', 'b', 'c', '__proto__'])
})

t.test('asks each guard factory once per method, and runs no guard that is not needed', async (t) => {
  const asked: string[] = []
  let ran = 0
  const registry = new Registry([
    ({ name }) => { asked.push(name); return name === 'a' ? () => { ran++ } : null }
  ])
  registry.add(defineMethod({ name: 'a', result: Type.String() }), () => 'a')
  registry.add(defineMethod({ name: 'b', result: Type.String() }), () => 'b')
  const call = { params: undefined } as never
  t.strictSame([registry.get('a')?.run(call), registry.get('b')?.run(call), registry.get('b')?.run(call)], ['a', 'b', 'b'])
  t.strictSame(asked, ['a', 'b'])
  t.equal(ran, 1)
})
