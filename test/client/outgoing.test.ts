import t from 'tap'
import { type Entry, Outgoing } from '../../lib/client/outgoing.ts'

const entry = (method: string, id: number | null = null, bytes = 10): Entry => ({ method, params: undefined, id, text: method, bytes })

function filled (...names: string[]): { outgoing: Outgoing, entries: Entry[] } {
  const outgoing = new Outgoing()
  const entries = names.map((name) => entry(name))
  for (const each of entries) outgoing.add(each)
  return { outgoing, entries }
}

t.test('messages have their numbers in the order in which they came', async (t) => {
  const { outgoing } = filled('a', 'b')
  t.strictSame([1, 2, 3].map((number) => outgoing.write(number)?.method), ['a', 'b', undefined])
  t.strictSame([1, 2, 3].map((number) => outgoing.has(number)), [true, true, false])
})

t.test('what the server has is let go of, with its bytes', async (t) => {
  const { outgoing } = filled('a', 'b', 'c')
  outgoing.write(1)
  outgoing.write(2)
  outgoing.settle(2)
  t.strictSame([outgoing.received, outgoing.bytes], [2, 10])
  t.equal(outgoing.write(3)?.method, 'c')
})

t.test('an old receipt changes nothing', async (t) => {
  const { outgoing } = filled('a', 'b')
  outgoing.write(2)
  outgoing.settle(2)
  outgoing.settle(1)
  outgoing.settle(Number.NaN)
  t.strictSame([outgoing.received, outgoing.bytes], [2, 0])
})

t.test('a receipt for what was never written settles only what was', async (t) => {
  const { outgoing } = filled('a', 'b', 'c')
  outgoing.write(1)
  outgoing.settle(99)
  t.strictSame([outgoing.received, outgoing.bytes], [1, 20])
})

t.test('what is not written yet can be taken back, and the next has its number', async (t) => {
  const { outgoing, entries } = filled('a', 'b', 'c')
  outgoing.write(1)
  t.ok(outgoing.cancel(entries[1] as Entry))
  t.notOk(outgoing.cancel(entries[1] as Entry), 'not twice')
  t.equal(outgoing.bytes, 20)
  t.equal(outgoing.write(2)?.method, 'c')
})

t.test('what is written cannot be taken back, before it has arrived and after', async (t) => {
  const { outgoing, entries } = filled('a', 'b')
  outgoing.write(1)
  t.notOk(outgoing.cancel(entries[0] as Entry))
  outgoing.settle(1)
  t.notOk(outgoing.cancel(entries[0] as Entry))
  t.equal(outgoing.write(1), undefined, 'it is gone')
  t.equal(outgoing.write(2)?.method, 'b')
})

t.test('the number of a message that is given up is used by one that does nothing', async (t) => {
  const { outgoing, entries } = filled('a', 'long', 'c')
  outgoing.write(3)
  t.equal(outgoing.giveUp(2), entries[1])
  t.strictSame([1, 2, 3].map((number) => outgoing.write(number)?.text), ['a', '{"jsonrpc":"2.0","method":"ping"}', 'c'])
  t.equal(outgoing.write(2)?.bytes, Buffer.byteLength(outgoing.write(2)?.text ?? ''), 'and has the bytes that it says')
  t.equal(outgoing.bytes, 20 + (outgoing.write(2)?.bytes ?? 0))
})

t.test('a number without a message cannot be given up', async (t) => {
  const { outgoing } = filled('a')
  outgoing.write(1)
  outgoing.settle(1)
  t.equal(outgoing.giveUp(1), undefined)
  t.equal(outgoing.giveUp(7), undefined)
  t.equal(outgoing.bytes, 0)
})

t.test('a loss parts what may have run from what never left', async (t) => {
  const { outgoing } = filled('settled', 'uncertain', 'given up', 'unwritten')
  for (const number of [1, 2, 3]) outgoing.write(number)
  outgoing.settle(1)
  outgoing.giveUp(3)
  const { uncertain, unwritten } = outgoing.split()
  t.strictSame([uncertain, unwritten].map((entries) => entries.map(({ method }) => method)), [['uncertain'], ['unwritten']])
})
