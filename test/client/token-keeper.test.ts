import t, { type Test } from 'tap'
import { ClientError } from '../../lib/client/client-error.ts'
import type { TokenReason } from '../../lib/client/options.ts'
import { TokenKeeper } from '../../lib/client/token-keeper.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { forgeToken } from '../helpers/tokens.ts'

const START = 1_735_689_600_000
/** A token that lives for so long, or says what it is told. */
const livingMs = (ms: number): string => forgeToken({ alg: 'none' }, { userId: 'ünïcode ?>~', exp: (START + ms) / 1_000 })
const HOUR = 3_600_000

interface World {
  readonly clock: FakeClock
  readonly keeper: TokenKeeper
  /** `<reason> <milliseconds since the start>` for each time that the application was asked. */
  readonly asked: string[]
  readonly presented: string[]
  getToken: () => unknown
  present: () => Promise<unknown>
}

function makeWorld (t: Test, getToken: () => unknown): World {
  const clock = new FakeClock(START)
  const asked: string[] = []
  const presented: string[] = []
  const world: World = { clock, asked, presented, getToken, present: async () => {}, keeper: undefined as unknown as TokenKeeper }
  const keeper = new TokenKeeper({
    clock,
    getToken: ({ reason }: { reason: TokenReason }) => {
      asked.push(`${reason} ${clock.now() - START}`)
      return world.getToken() as string
    },
    present: (token) => {
      presented.push(token)
      return world.present()
    }
  })
  t.teardown(() => {
    keeper.stop()
    if (clock.pending > 0) throw new Error('a timer is left')
  })
  return Object.assign(world, { keeper })
}

t.test('gives what the application gives, at once or later', async (t) => {
  const { keeper, asked } = makeWorld(t, () => 'no JWT')
  t.equal(await keeper.get('connect'), 'no JWT')
  t.equal(await makeWorld(t, () => Promise.resolve('later')).keeper.get('refused'), 'later')
  t.strictSame(asked, ['connect 0'])
})

t.test('a token of an hour is exchanged a minute before its end, and the next one, too', async (t) => {
  const world = makeWorld(t, () => livingMs(world.clock.now() - START + HOUR))
  await world.keeper.get('connect')
  await world.clock.advanceAsync(2 * HOUR)
  t.strictSame(world.asked, ['connect 0', 'expiring 3540000', 'expiring 7080000'])
  t.strictSame(world.presented, [livingMs(3_540_000 + HOUR), livingMs(7_080_000 + HOUR)], 'each is presented')
})

t.test('a token that lives two minutes or less is exchanged at half of its life', async (t) => {
  for (const [lifeMs, atMs] of [[120_000, 60_000], [10_000, 5_000], [3_000, 1_500], [1_000, 1_000]] as const) {
    const world = makeWorld(t, () => livingMs(lifeMs))
    await world.keeper.get('connect')
    world.getToken = () => livingMs(HOUR)
    await world.clock.advanceAsync(60_000)
    t.equal(world.asked[1], `expiring ${atMs}`, `${lifeMs} ms`)
  }
})

t.test('the clock of a machine that is fast makes no storm: a token that seems over waits for the server\'s word', async (t) => {
  const world = makeWorld(t, () => livingMs(-5 * HOUR))
  await world.keeper.get('connect')
  await world.clock.advanceAsync(HOUR)
  t.strictSame(world.asked, ['connect 0'])
  world.keeper.expiring()
  await world.clock.advanceAsync(0)
  t.strictSame(world.asked.slice(1), ['expiring 3600000'])
})

const SILENT = [
  ['is no JWT', 'abc'], ['has no end', forgeToken({}, { userId: 'ada' })], ['has an end that is no number', forgeToken({}, { exp: '5' })],
  ['has no JSON in it', forgeToken({}, '{')], ['is null inside', forgeToken({}, 'null')], ['is empty', '']
] as const
for (const [what, token] of SILENT) {
  t.test(`a token that ${what} has no timer, and is presented when the server says that it ends`, async (t) => {
    const { keeper, clock, presented } = makeWorld(t, () => token)
    await keeper.get('connect')
    t.equal(clock.pending, 0)
    keeper.expiring()
    await clock.advanceAsync(0)
    t.strictSame(presented, [token])
  })
}

t.test('the server\'s word while a token is being fetched already does not ask twice', async (t) => {
  let give: (token: string) => void = () => {}
  const world = makeWorld(t, () => new Promise((resolve) => { give = resolve }))
  world.keeper.expiring()
  world.keeper.expiring()
  await world.clock.advanceAsync(60_000)
  t.strictSame(world.asked, ['expiring 0'])
  give('a token')
  await world.clock.advanceAsync(0)
  world.keeper.expiring()
  await world.clock.advanceAsync(0)
  t.equal(world.asked.length, 2, 'and asks again when it is done')
})

t.test('a refused token is asked for again with that reason, until one is taken', async (t) => {
  const world = makeWorld(t, () => 'a token')
  world.present = async () => { throw new ClientError('refused', 'Authorization Failed', { code: -4001 }) }
  world.keeper.expiring()
  await world.clock.advanceAsync(10_000)
  world.present = async () => {}
  await world.clock.advanceAsync(60_000)
  t.strictSame(world.asked, ['expiring 0', 'refused 5000', 'refused 10000', 'refused 15000'])
})

t.test('a token that cannot be had, or presented, is asked for again a little later', async (t) => {
  const world = makeWorld(t, () => { throw new Error('the token server is down') })
  world.keeper.expiring()
  await world.clock.advanceAsync(5_000)
  world.getToken = () => livingMs(HOUR)
  world.present = async () => { throw new ClientError('lost', 'the session could not be kept') }
  await world.clock.advanceAsync(5_000)
  world.present = async () => {}
  await world.clock.advanceAsync(60_000)
  t.strictSame(world.asked, ['expiring 0', 'expiring 5000', 'expiring 10000', 'expiring 15000'])
  await world.clock.advanceAsync(HOUR)
  t.equal(world.asked[4], 'expiring 3540000', 'then all is as before')
})

t.test('what getToken throws, now or later, is the cause of the error', async (t) => {
  const cause = new Error('not logged in')
  const about = { name: 'ClientError', reason: 'token', cause }
  await t.rejects(makeWorld(t, () => { throw cause }).keeper.get('connect'), about)
  await t.rejects(makeWorld(t, () => Promise.reject(cause)).keeper.get('connect'), about)
})

for (const value of [undefined, null, 5, { token: 'a' }]) {
  t.test(`getToken that gives ${JSON.stringify(value) ?? 'undefined'} gives no token`, async (t) => {
    await t.rejects(makeWorld(t, () => value).keeper.get('connect'), { reason: 'token', message: 'getToken gave no string' })
  })
}

t.test('a keeper that is stopped asks for nothing more, though a token is on its way', async (t) => {
  const world = makeWorld(t, () => livingMs(HOUR))
  await world.keeper.get('connect')
  let give: (token: string) => void = () => {}
  world.getToken = () => new Promise((resolve) => { give = resolve })
  world.present = async () => { throw new ClientError('closed', 'the client is closed') }
  world.keeper.expiring()
  world.keeper.stop()
  t.equal(world.clock.pending, 0)
  give(livingMs(HOUR))
  await world.clock.advanceAsync(2 * HOUR)
  t.equal(world.asked.length, 2)
  t.equal(world.clock.pending, 0)
})
