import t from 'tap'
import { Outbox, newOutbox } from '../../lib/session/outbox.ts'

function filled (...texts: string[]): Outbox {
  const outbox = new Outbox(newOutbox())
  for (const text of texts) outbox.append(text, 1)
  return outbox
}

const texts = (outbox: Outbox, received: number): string[] => outbox.after(received).map(({ text }) => text)

t.test('an idle client goes on at 0, and nowhere else', async (t) => {
  const outbox = filled()
  t.ok(outbox.covers(0))
  t.notOk(outbox.covers(1), 'a number that was never sent')
  t.strictSame(outbox.after(0), [])
})

t.test('what comes after a number is all that has a higher one, oldest first', async (t) => {
  const outbox = filled('a', 'b', 'c')
  t.strictSame([0, 1, 2, 3].map((received) => texts(outbox, received)), [['a', 'b', 'c'], ['b', 'c'], ['c'], []])
  outbox.acknowledge(1)
  t.strictSame([1, 2, 3].map((received) => texts(outbox, received)), [['b', 'c'], ['c'], []])
})

t.test('a client that has everything goes on with an empty outbox', async (t) => {
  const outbox = filled('a', 'b')
  outbox.acknowledge(2)
  t.strictSame(outbox.record, { top: 2, dropped: 2, bytes: 0, entries: [] })
  t.ok(outbox.covers(2))
  t.notOk(outbox.covers(1), 'it has said that it has 2')
})

t.test('an acknowledgement drops what it covers, and gives the bytes back', async (t) => {
  const outbox = filled('a', 'b', 'c')
  outbox.acknowledge(2)
  t.strictSame(texts(outbox, 2), ['c'])
  t.equal(outbox.size.bytes, 129)
  outbox.acknowledge(1)
  t.strictSame(texts(outbox, 2), ['c'], 'an old one changes nothing')
  outbox.acknowledge(99)
  t.strictSame(texts(outbox, 2), ['c'], 'nor one of what was never sent')
})

t.test('a text of several messages takes as many numbers, and is had whole or not at all', async (t) => {
  const outbox = filled('a')
  outbox.append('[b,c,d]', 3)
  t.equal(outbox.top, 4)
  t.strictSame([0, 1, 2, 3, 4].map((received) => outbox.covers(received)), [true, true, false, false, true])
  outbox.acknowledge(3)
  t.strictSame(texts(outbox, 1), ['[b,c,d]'], 'a part of it does not drop it')
})

t.test('trimming lets the oldest go, and who has not had them has a gap', async (t) => {
  const outbox = filled('a', 'b', 'c', 'd')
  outbox.trim({ messages: 2, bytes: Infinity })
  t.strictSame(texts(outbox, 2), ['c', 'd'])
  t.notOk(outbox.covers(1))
  t.ok(outbox.covers(2))
  outbox.trim({ messages: 9, bytes: 200 })
  t.strictSame(texts(outbox, 3), ['d'], 'bytes are a limit, too')
})

t.test('trimming stops at what was not given to the link yet', async (t) => {
  const outbox = filled('a', 'b', 'c')
  outbox.trim({ messages: 0, bytes: 0 }, 1)
  t.strictSame(texts(outbox, 1), ['b', 'c'])
})

t.test('no fraction, no negative number and no NaN is a position', async (t) => {
  const outbox = filled('a', 'b')
  t.strictSame([0.5, -1, NaN, Infinity].map((received) => outbox.covers(received)), [false, false, false, false])
})
