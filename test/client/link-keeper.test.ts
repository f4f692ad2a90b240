import t from 'tap'
import { ClientError } from '../../lib/client/client-error.ts'
import { makeKeeper } from './keeper-world.ts'

t.test('a transport that says nothing is given up after its time, and the next is tried at once', async (t) => {
  const { clock, made, told, last } = makeKeeper(t)
  clock.advance(5_000)
  t.strictSame(made.map(({ name, isDropped }) => [name, isDropped]), [['websocket', true], ['events', false]])
  last().open()
  t.strictSame(told, ['open events'])
})

t.test('what was given up is not heard any more', async (t) => {
  const { clock, made, told, keeper } = makeKeeper(t)
  clock.advance(5_000)
  made[0]?.open()
  made[0]?.break()
  t.strictSame([told, keeper.transport, made.length], [[], null, 2])
})

t.test('the application has its own time for a token', async (t) => {
  const world = makeKeeper(t)
  let give: (token: string) => void = () => {}
  world.token = () => new Promise((resolve) => { give = resolve })
  const token = world.last().host.token('connect')
  world.clock.advance(3_600_000)
  t.equal(world.made.length, 1)
  give('a token')
  t.equal(await token, 'a token')
  world.clock.advance(5_000)
  t.equal(world.made.length, 2, 'and the server has its own after that')
})

t.test('a server that says no is not asked by other ways, but later', async (t) => {
  const { clock, made, told, last } = makeKeeper(t)
  last().end(4029)
  t.strictSame(told, ['connecting 4029 750'])
  clock.advance(749)
  t.equal(made.length, 1)
  clock.advance(1)
  t.strictSame(made.map(({ name }) => name), ['websocket', 'websocket'])
})

t.test('pauses grow while attempts fail, and a success makes them short again', async (t) => {
  const { clock, told, last } = makeKeeper(t, { transports: ['websocket'] })
  last().open()
  for (const pauseMs of [750, 1_250, 2_250, 4_250]) {
    last().break()
    clock.advance(pauseMs)
  }
  last().open()
  last().break()
  t.strictSame(told, [
    'open websocket', 'reconnecting broken 750', 'reconnecting broken 1250', 'reconnecting broken 2250', 'reconnecting broken 4250', 'open websocket', 'reconnecting broken 750'
  ])
})

t.test('the server\'s wish is heeded', async (t) => {
  const { clock, made, told, last } = makeKeeper(t)
  last().host.fail(new ClientError('link', 'HTTP 503', { code: 503, retryAfterMs: 7_000 }), true)
  t.strictSame(told, ['connecting 503 7750'])
  clock.advance(7_749)
  t.equal(made.length, 1)
  clock.advance(1)
  t.equal(made.length, 2)
})

for (const code of [1_000, 4_500, 4_501, 4_503, 4_509, 4_999]) {
  t.test(`after ${code} nothing is tried any more`, async (t) => {
    const { gaveUp, clock, last, keeper } = makeKeeper(t)
    last().open()
    last().end(code)
    t.match(gaveUp, [{ reason: 'link', code }])
    await keeper.stop()
    t.equal(clock.pending, 0)
  })
}

for (const code of [1_001, 1_009, 1_011, 1_012, 4_000, 4_001, 4_002, 4_029, 4_499]) {
  t.test(`after ${code} the client comes back`, async (t) => {
    const { gaveUp, made, clock, last } = makeKeeper(t)
    last().open()
    last().end(code)
    clock.advance(1_000)
    t.strictSame([gaveUp.length, made.length], [0, 2])
  })
}

for (const code of [-4001, -32602, -32601]) {
  t.test(`the answer ${code} to an attempt ends the client`, async (t) => {
    const { gaveUp, last } = makeKeeper(t)
    last().host.fail(new ClientError('refused', 'no', { code }), true)
    t.match(gaveUp, [{ reason: 'refused', code }])
  })
}

for (const [reason, code] of [['refused', -8001], ['refused', -7001], ['refused', -32603], ['token', 0]] as const) {
  t.test(`the error ${reason} ${code} of an attempt is a reason to try again later`, async (t) => {
    const { gaveUp, clock, made, last } = makeKeeper(t)
    last().host.fail(new ClientError(reason, 'not now', { code }), true)
    clock.advance(1_000)
    t.strictSame([gaveUp.length, made.length], [0, 2])
  })
}

t.test('4509 soon after a break of our own is a stray of it: the client comes back', async (t) => {
  const { gaveUp, clock, told, last, live } = makeKeeper(t)
  last().open()
  last().break()
  clock.advance(750)
  last().open()
  live(last(), 59_000)
  last().end(4509)
  t.strictSame(gaveUp, [])
  t.equal(told.at(-1), 'reconnecting 4509 750')
})

t.test('4509 long after the last break is somebody else', async (t) => {
  const { gaveUp, clock, last, live } = makeKeeper(t, { transports: ['websocket'] })
  last().open()
  last().break()
  clock.advance(750)
  last().open()
  live(last(), 60_000)
  last().end(4509)
  t.match(gaveUp, [{ code: 4509 }])
})

/** A session over events while WebSocket is tried again. */
function moving (...args: Parameters<typeof makeKeeper>) {
  const world = makeKeeper(...args)
  world.last().break()
  world.last().open()
  world.live(world.last(), 60_000)
  const [, older, better] = world.made
  if (older === undefined || better === undefined) throw new Error('nothing moves')
  return { ...world, older, better }
}

t.test('the better transport is tried again quietly, and the session moves without another state between', async (t) => {
  const { made, told, gaveUp, keeper, live, older, better } = moving(t)
  older.end(4509)
  t.strictSame([told, gaveUp], [['open events'], []], 'the server has let go of the older link: nobody need know')
  better.open()
  t.strictSame([told, keeper.transport], [['open events', 'open websocket'], 'websocket'])
  live(better, 300_000)
  t.equal(made.length, 3, 'there is nothing better')
})

t.test('the attempts for something better are not all at the same time', async (t) => {
  for (const [random, atMs] of [[0, 48_000], [0.999_999, 72_000]] as const) {
    const world = makeKeeper(t)
    world.random = random
    world.last().break()
    world.last().open()
    world.live(world.last(), atMs - 1)
    t.equal(world.made.length, 2)
    world.clock.advance(1)
    t.equal(world.made.length, 3)
  }
})

t.test('a quiet attempt that fails changes nothing but asks whether the present link lives, and comes again', async (t) => {
  const { live, made, told, asked, older, better } = moving(t)
  better.break()
  t.strictSame([told, older.isDropped, asked.length], [['open events'], false, 1])
  live(older, 60_000)
  t.strictSame(made.map(({ name }) => name), ['websocket', 'events', 'websocket', 'websocket'])
  t.strictSame(told, ['open events'])
})

t.test('a quiet attempt that says nothing is given up', async (t) => {
  const { clock, told, older, better } = moving(t)
  clock.advance(5_000)
  t.strictSame([told, older.isDropped, better.isDropped], [['open events'], false, true])
})

t.test('a quiet attempt that comes to another server is let go of, for the session is where it is', async (t) => {
  const { told, older, better } = moving(t)
  t.equal(better.host.reset('unknown'), false)
  t.strictSame([told, older.isDropped, better.isDropped], [['open events'], false, true])
})

t.test('when the better link fails after the server has let go of the older one, the client comes back', async (t) => {
  const { told, older, better, clock, made } = moving(t)
  older.end(4509)
  better.break()
  t.equal(told.at(-1), 'reconnecting broken 750')
  clock.advance(750)
  t.equal(made.length, 4)
})

t.test('a session that ends while a better link is made is over', async (t) => {
  const { gaveUp, older } = moving(t)
  older.end(1000)
  t.match(gaveUp, [{ code: 1000 }])
})

t.test('a link that breaks while a better one is made leaves it to that one', async (t) => {
  const { told, older, better, made } = moving(t)
  older.break()
  t.strictSame(told, ['open events', 'reconnecting broken'])
  better.open()
  t.strictSame([told.at(-1), made.length], ['open websocket', 3])
})

t.test('what the older link still had on its way may look like a newer one: the client comes back', async (t) => {
  const { told, gaveUp, better, live } = moving(t)
  better.open()
  live(better, 59_000)
  better.end(4509)
  t.strictSame(gaveUp, [])
  t.equal(told.at(-1), 'reconnecting 4509 750')
})

t.test('a lost session is told, and begins anew on the same link', async (t) => {
  const { told, keeper, last, made, clock } = makeKeeper(t)
  last().open()
  t.equal(last().host.reset('expired'), true)
  t.strictSame([told, keeper.transport], [['open websocket', 'reconnecting', 'lost expired'], null])
  last().open()
  t.strictSame([told.at(-1), keeper.transport, made.length], ['open websocket', 'websocket', 1])
  clock.advance(25_000)
  t.equal(told.at(-1), 'reconnecting broken 750', 'the watchdog watches it')
})

t.test('a lost session on a link that says nothing more is tried elsewhere', async (t) => {
  const { told, last, clock } = makeKeeper(t)
  last().open()
  last().host.reset('expired')
  clock.advance(5_000)
  t.equal(told.at(-1), 'reconnecting broken 750')
})

t.test('the application has its own time for the token of a fresh session, too', async (t) => {
  const world = makeKeeper(t)
  world.last().open()
  world.last().host.reset('expired')
  world.token = () => new Promise(() => {})
  world.last().host.token('connect').catch(() => {})
  world.clock.advance(3_600_000)
  t.strictSame([world.made.length, world.asked, world.clock.pending], [1, [], 0])
})

t.test('a link that is silent and does not answer is broken', async (t) => {
  const { told, asked, clock, last } = makeKeeper(t)
  last().open()
  clock.advance(25_000)
  t.strictSame([asked, told.at(-1)], [[20_000], 'reconnecting broken 750'])
})

t.test('the network is back: a new link is made beside the present one, which may be dead', async (t) => {
  const { made, told, keeper, last } = makeKeeper(t)
  last().open()
  keeper.online()
  t.strictSame(made.map(({ name }) => name), ['websocket', 'websocket'])
  last().open()
  t.strictSame([made.map(({ isDropped }) => isDropped), told], [[true, false], ['open websocket', 'open websocket']])
})

t.test('the network is back during a pause: the pause is over soon, but not at once', async (t) => {
  const world = makeKeeper(t)
  world.last().open()
  for (let times = 0; times < 6; times++) {
    world.last().break()
    world.clock.advance(20_000)
  }
  world.last().break()
  const attempts = world.made.length
  world.random = 0
  world.keeper.online()
  t.equal(world.made.length, attempts)
  world.clock.advance(1)
  t.equal(world.made.length, attempts + 1)
  world.last().break()
  t.equal(world.told.at(-1), 'reconnecting broken 500', 'and what failed without a network does not count')
})

t.test('the network is back during an attempt: that one leads nowhere', async (t) => {
  const { made, keeper, clock } = makeKeeper(t)
  keeper.online()
  t.ok(made[0]?.isDropped)
  clock.advance(251)
  t.equal(made.length, 2)
})

t.test('a page that is looked at again asks its link, and does not wait long', async (t) => {
  const { asked, told, clock, keeper, last } = makeKeeper(t)
  last().open()
  clock.advance(1_000)
  keeper.awake()
  t.strictSame(asked, [1_000])
  clock.advance(2_000)
  t.equal(told.at(-1), 'reconnecting broken 750')
  keeper.awake()
  clock.advance(126)
  t.equal(last().name, 'websocket', 'nor is a pause waited for')
  keeper.awake()
  clock.advance(300)
  t.notOk(last().isDropped, 'an attempt that is under way goes on')
})

t.test('a page that goes away says so', async (t) => {
  const { keeper, last } = makeKeeper(t)
  keeper.leaveNow()
  t.notOk(last().hasLeft, 'there is nothing to leave yet')
  last().open()
  keeper.leaveNow()
  t.ok(last().hasLeft)
})

t.test('stopping drops what is being made, and leaves no timer', async (t) => {
  const { keeper, clock, last } = makeKeeper(t)
  await keeper.stop()
  await keeper.stop()
  t.strictSame([last().isDropped, clock.pending], [true, 0])
})

t.test('stopping in a pause leaves no timer', async (t) => {
  const { keeper, clock, made, last } = makeKeeper(t, { transports: ['poll'] })
  last().break()
  await keeper.stop()
  t.equal(clock.pending, 0)
  keeper.awake()
  keeper.online()
  clock.advance(60_000)
  t.equal(made.length, 1, 'and nothing wakes it')
})

t.test('stopping an open link waits for the server to close it', async (t) => {
  const { keeper, clock, gaveUp, last } = makeKeeper(t)
  last().open()
  const pumps = last().pumps
  const stopped = keeper.stop()
  t.strictSame([last().isDropped, last().pumps], [false, pumps + 1])
  last().end(1000)
  await stopped
  t.strictSame([last().isDropped, clock.pending, gaveUp], [true, 0, []])
})

t.test('stopping waits two seconds at most for a server that says nothing', async (t) => {
  const { keeper, clock, last } = makeKeeper(t)
  last().open()
  const stopped = keeper.stop()
  clock.advance(2_000)
  await stopped
  t.strictSame([last().isDropped, clock.pending], [true, 0])
})

t.test('a session that turns out to be lost while the client stops is not begun anew', async (t) => {
  const { keeper, clock, told, last } = makeKeeper(t)
  last().open()
  const stopped = keeper.stop()
  t.equal(last().host.reset('unknown'), false)
  await stopped
  t.strictSame([told, clock.pending], [['open websocket'], 0])
})

t.test('stopping while the session moves lets go of both links', async (t) => {
  const { keeper, clock, older, better } = moving(t)
  const stopped = keeper.stop()
  t.ok(better.isDropped)
  older.end(1000)
  await stopped
  t.strictSame([older.isDropped, clock.pending], [true, 0])
})
