import t from 'tap'
import type { Handler } from '../../lib/core/call.ts'
import type { MseServer } from '../../lib/core/server.ts'
import { Coverage } from './coverage.ts'
import type { FuzzReport } from './fuzzer.ts'
import { picture, restore } from './prototypes.ts'
import { readSaved } from './saved.ts'

const coverage = new Coverage()
coverage.start()
t.teardown(() => coverage.stop())
// Only what is loaded now is counted by blocks.
const { fuzz } = await import('./fuzzer.ts')
const { Target } = await import('./target.ts')
const { defineMethod } = await import('../../lib/protocol/index.ts')

/** `FUZZ_SEED=n` for other inputs. */
const seed = Number(process.env.FUZZ_SEED ?? 1)

t.test('10,000 mutated inputs throw nothing, leave nothing and keep nobody waiting', async (t) => {
  const { failure, inputs, coverage: { functions, blocks, missed }, kept, slowOnce } = await fuzz({ seed, inputs: 10_000, coverage, kept: readSaved() })
  t.equal(failure, null)
  t.ok(inputs >= 10_000, `${inputs} inputs, seed ${seed}, ${functions} functions, ${blocks} blocks of ${blocks + missed}, ${kept.length} kept, ${slowOnce} slow once`)
  t.ok(functions > 300, 'and they reach most of what there is')
})

/** A method that `dictionary.ts` names and the server does not have: this one has a fault. */
async function plant (make: (server: MseServer) => Handler): Promise<FuzzReport> {
  const makeTarget = (): InstanceType<typeof Target> => {
    const target = new Target()
    target.server.method(defineMethod({ name: 'x', access: 'public' }), make(target.server) as never)
    return target
  }
  coverage.reset()
  return fuzz({ seed, inputs: 20_000, coverage, kept: [], makeTarget })
}

const PLANTED: Readonly<Record<string, readonly [found: RegExp, make: (server: MseServer) => Handler]>> = {
  'pollutes a prototype': [/^Object.prototype has a new member polluted$/, () => () => { Object.assign(Object.prototype, { polluted: 1 }) }],
  'replaces what all arrays have': [/^Array.prototype has another at$/, () => () => { Object.assign(Array.prototype, { at: () => undefined }) }],
  'fails where nobody listens': [/^nobody caught Error: planted/, () => () => { Promise.reject(new Error('planted')) }],
  fails: [/^the log says: a handler failed: Error: planted/, () => () => { throw new Error('planted') }],
  'keeps the event loop': [/^it keeps the event loop for/, () => () => { for (const since = process.cpuUsage(); process.cpuUsage(since).user < 12_000;); }],
  'leaves a timer': [/^1 timers are left$/, ({ clock }) => () => { clock.after(1e9, () => {}) }],
  'keeps a session': [/are left$/, () => (_params, { session }) => { session.end = () => {} }],
  'sends half a character': [/^not well-formed/, () => (_params, { session }) => { session.sendText('{"jsonrpc":"2.0","x":"\ud83d"}') }],
  'breaks the next ping': [/^the server does not answer ping$/, ({ registry }) => () => { Object.assign(registry.get('ping') ?? {}, { run: () => 'x' }) }]
}

for (const [what, [found, make]] of Object.entries(PLANTED)) {
  t.test(`a method that ${what} is found`, async (t) => {
    const before = picture()
    const { failure, inputs } = await plant(make)
    restore(before)
    t.match(failure?.fault, found, `after ${inputs} inputs`)
    t.ok((failure?.input.length ?? 99) <= 2, 'with the steps that are enough')
  })
}
