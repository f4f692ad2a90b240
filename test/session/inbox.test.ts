import t from 'tap'
import { Inbox, type InboxLimits, newInbox } from '../../lib/session/inbox.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'

const LIMITS: InboxLimits = { gapTimeoutMs: 2_000, replayMs: 60_000, maxReplayBytes: 2_000, maxWaiting: 3 }

function open () {
  const clock = new FakeClock()
  const inbox = new Inbox(newInbox(), clock, LIMITS)
  const ran: string[] = []
  const run = (name: string) => () => {
    ran.push(name)
    return `answer ${name}`
  }
  return { clock, inbox, ran, run }
}

const answered = (answer: string, replayed = false): object => ({ kind: 'answered', answer, replayed })
const GAP = { kind: 'gap' }

t.test('takes bodies in order, whatever the order in which they come', async (t) => {
  const { inbox, ran, run } = open()
  const third = inbox.take(4, 1, run('third'))
  const second = inbox.take(2, 2, run('second'))
  t.strictSame(ran, [])
  t.strictSame(inbox.take(1, 1, run('first')), answered('answer first'))
  t.strictSame(await second, answered('answer second'))
  t.strictSame(await third, answered('answer third'))
  t.strictSame(ran, ['first', 'second', 'third'])
  t.equal(inbox.record.received, 4)
})

t.test('gives up on a gap after 2 s, and takes the body when it comes again', async (t) => {
  const { clock, inbox, ran, run } = open()
  const early = inbox.take(2, 1, run('second'))
  clock.advance(1_999)
  t.equal(clock.pending, 1)
  clock.advance(1)
  t.strictSame(await early, GAP)
  t.strictSame(inbox.take(1, 1, run('first')), answered('answer first'))
  t.strictSame(inbox.take(2, 1, run('second')), answered('answer second'))
  t.strictSame(ran, ['first', 'second'])
})

t.test('answers a repetition again without running it', async (t) => {
  const { inbox, ran, run } = open()
  inbox.take(1, 1, run('first'))
  t.strictSame(inbox.take(1, 1, run('first')), answered('answer first', true))
  t.strictSame(inbox.take(1, 2, run('another')), GAP, 'another body of that number is none')
  t.strictSame(ran, ['first'])
})

t.test('a repetition of a body that runs waits for its answer', async (t) => {
  const { inbox } = open()
  let finish = (_answer: string): void => {}
  const first = inbox.take(1, 1, () => new Promise((resolve) => { finish = resolve }))
  const again = inbox.take(1, 1, () => t.fail('it runs once') as never)
  finish('done')
  t.strictSame(await first, answered('done'))
  t.strictSame(await again, answered('done', true))
})

t.test('a repetition of a body that waits takes its place', async (t) => {
  const { inbox, ran, run } = open()
  const old = inbox.take(2, 1, run('old'))
  const again = inbox.take(2, 1, run('again'))
  t.strictSame(await old, GAP)
  inbox.take(1, 1, run('first'))
  t.strictSame(await again, answered('answer again'))
  t.strictSame(ran, ['first', 'again'])
})

t.test('keeps an answer for 60 s', async (t) => {
  const { clock, inbox, run } = open()
  inbox.take(1, 1, run('first'))
  clock.advance(59_999)
  t.strictSame(inbox.take(1, 1, run('first')), answered('answer first', true))
  clock.advance(1)
  t.strictSame(inbox.take(1, 1, run('first')), GAP)
})

t.test('keeps so many bytes of answers, the newest', async (t) => {
  const { inbox, run } = open()
  const long = 'x'.repeat(1_000)
  inbox.take(1, 1, () => long)
  inbox.take(2, 1, () => long)
  t.strictSame(inbox.take(1, 1, run('first')), GAP)
  t.strictSame(inbox.take(2, 1, run('second')), answered(long, true))
  for (let n = 3; n < 103; n++) inbox.take(n, 1, () => undefined)
  t.ok(inbox.record.replays.length <= 2_000 / 128, 'an empty one costs something, too')
})

t.test('lets so many bodies wait, and tells the next one of the gap at once', async (t) => {
  const { clock, inbox, run } = open()
  for (const first of [2, 3, 4]) inbox.take(first, 1, run('early'))
  t.strictSame(inbox.take(5, 1, run('too many')), GAP)
  t.equal(clock.pending, 3)
})

t.test('a body without a number is the next one, and is not kept', async (t) => {
  const { inbox, run } = open()
  t.strictSame(inbox.take(undefined, 1, run('first')), answered('answer first'))
  t.equal(inbox.record.received, 1)
  t.strictSame(inbox.take(1, 1, run('first')), GAP)
})

t.test('beside a link that counts nothing new runs under a number, only repetitions are answered', async (t) => {
  const { inbox, ran, run } = open()
  inbox.take(1, 1, run('first'))
  t.strictSame(inbox.takeBeside(1, 1, run('first')), answered('answer first', true))
  t.strictSame(inbox.takeBeside(2, 1, run('second')), GAP)
  t.strictSame(inbox.takeBeside(undefined, 1, run('without')), answered('answer without'))
  t.strictSame(await inbox.takeBeside(undefined, 1, async () => 'later'), answered('later'))
  t.equal(inbox.record.received, 1, 'which takes no number')
  t.strictSame(ran, ['first', 'without'])
})
