import t from 'tap'
import { Lane } from '../../lib/session/lane.ts'
import { settle } from '../core/server-under-test.ts'

/** A promise and the ways to settle it. */
function deferred (): { promise: Promise<void>, resolve: () => void, reject: (error: Error) => void } {
  let resolve = (): void => {}
  let reject = (_error: Error): void => {}
  const promise = new Promise<void>((_resolve, _reject) => {
    resolve = _resolve
    reject = _reject
  })
  return { promise, resolve, reject }
}

t.test('runs what waits in order when the hold is over, also when it failed', async (t) => {
  for (const how of ['resolve', 'reject'] as const) {
    const lane = new Lane(100)
    const work = deferred()
    const ran: number[] = []
    t.equal(lane.isHeld, false)
    lane.hold(work.promise)
    t.equal(lane.isHeld, true)
    for (const number of [1, 2, 3]) t.equal(lane.wait(10, 1, () => ran.push(number)), true)
    await settle()
    t.strictSame(ran, [])
    work[how](new Error('of the work'))
    await settle()
    t.strictSame(ran, [1, 2, 3])
    t.equal(lane.isHeld, false)
  }
})

t.test('stops at a waiter that holds it again', async (t) => {
  const lane = new Lane(100)
  const [first, second] = [deferred(), deferred()]
  const ran: string[] = []
  lane.hold(first.promise)
  lane.wait(1, 1, () => {
    ran.push('auth')
    lane.hold(second.promise)
  })
  lane.wait(1, 1, () => ran.push('start'))
  first.resolve()
  await settle()
  t.strictSame(ran, ['auth'])
  t.equal(lane.isHeld, true)
  second.resolve()
  await settle()
  t.strictSame(ran, ['auth', 'start'])
})

t.test('keeps so many bytes and no more, and has room again afterwards', async (t) => {
  const lane = new Lane(10)
  const work = deferred()
  const ran: string[] = []
  lane.hold(work.promise)
  t.equal(lane.wait(6, 1, () => ran.push('a')), true)
  t.equal(lane.wait(5, 1, () => ran.push('b')), false)
  t.equal(lane.wait(4, 1, () => ran.push('c')), true)
  t.equal(lane.wait(1, 1, () => ran.push('d')), false)
  work.resolve()
  await settle()
  t.strictSame(ran, ['a', 'c'])
  lane.hold(deferred().promise)
  t.equal(lane.wait(10, 1, () => {}), true)
})

t.test('counts the messages that wait', async (t) => {
  const lane = new Lane(100)
  const work = deferred()
  t.equal(lane.waitingMessages, 0)
  lane.hold(work.promise)
  lane.wait(10, 3, () => {})
  lane.wait(10, 1, () => {})
  t.equal(lane.waitingMessages, 4)
  work.resolve()
  await settle()
  t.equal(lane.waitingMessages, 0)
})
