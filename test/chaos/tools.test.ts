/** The tools of these tests, tested: a checker that sees nothing would find nothing. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FAULTS, type FaultProxyOptions, FaultProxy, createRandom, planOf, reset } from '../helpers/fault-proxy.ts'
import { type Deed, FLAWLESS, Recorder, checkHistory } from '../helpers/history.ts'

function check (t: Test, deeds: ReadonlyArray<[Deed['did'], number]>): object {
  const recorder = new Recorder(join(t.testdir({}), 'side.jsonl'))
  for (const [did, n] of deeds) recorder.note(did, 's', n)
  recorder.flush()
  const { sent: _sent, called: _called, ...flaws } = checkHistory([recorder.file])
  return flaws
}

t.test('finds nothing in a history in which all went well', async (t) => {
  t.strictSame(check(t, [['sent', 1], ['sent', 2], ['got', 1], ['got', 2], ['called', 1], ['ran', 1], ['answered', 1]]), FLAWLESS)
})

t.test('finds what is lost, doubled, out of order and foreign', async (t) => {
  t.strictSame(check(t, [['sent', 1], ['sent', 2], ['got', 1]]), { ...FLAWLESS, lost: ['s 2'] })
  t.strictSame(check(t, [['sent', 1], ['got', 1], ['got', 1]]), { ...FLAWLESS, twice: ['s 1'] })
  t.strictSame(check(t, [['sent', 1], ['sent', 2], ['got', 2], ['got', 1]]), { ...FLAWLESS, outOfOrder: ['s 1'] })
  t.strictSame(check(t, [['sent', 1], ['got', 1], ['got', 7]]), { ...FLAWLESS, foreign: ['s 7'] })
})

t.test('finds calls without an answer, with two, never run, run twice, and resets', async (t) => {
  t.strictSame(check(t, [['called', 1], ['ran', 1]]), { ...FLAWLESS, unanswered: ['s 1'] })
  t.strictSame(check(t, [['called', 1], ['ran', 1], ['answered', 1], ['answered', 1]]), { ...FLAWLESS, answeredTwice: ['s 1'] })
  t.strictSame(check(t, [['called', 1], ['answered', 1]]), { ...FLAWLESS, lost: ['s 1'] })
  t.strictSame(check(t, [['called', 1], ['ran', 1], ['ran', 1], ['answered', 1]]), { ...FLAWLESS, twice: ['s 1'] })
  t.strictSame(check(t, [['reset', 3]]), { ...FLAWLESS, resets: ['s 3'] })
})

t.test('refuses a history that was cut in the middle of a line', async (t) => {
  const file = join(t.testdir({}), 'cut.jsonl')
  writeFileSync(file, '{"did":"sent","stream":"s","n":1}\n{"did":"se')
  t.throws(() => checkHistory([file]), SyntaxError)
})

t.test('the same seed makes the same plans, another seed others', async (t) => {
  const plans = (seed: number): object[] => Array.from({ length: 50 }, (_, ordinal) => planOf({ port: 0, seed }, ordinal))
  t.strictSame(plans(7), plans(7))
  t.notSame(plans(7), plans(8))
  t.strictSame([...new Set(plans(7).map((plan) => (plan as { fault: string }).fault))].sort(), [...FAULTS].sort(), 'every fault is planned')
  t.strictSame([createRandom(1)(), createRandom(1)()], [0.6270739405881613, 0.6270739405881613], 'and the generator is pinned')
})

/** A server that notes what each connection brought. */
async function openSink (t: Test, options: Partial<FaultProxyOptions>) {
  const received: string[] = []
  const sink = createServer((socket) => {
    const place = received.push('') - 1
    socket.on('error', () => {})
    socket.on('data', (chunk) => { received[place] += String(chunk) })
  })
  await once(sink.listen({ host: '127.0.0.1', port: 0 }), 'listening')
  const proxy = await new FaultProxy({ port: (sink.address() as AddressInfo).port, seed: 1, minBytes: 10, maxBytes: 10, ...options }).listen()
  t.teardown(() => proxy.close())
  t.teardown(() => sink.close())
  const send = async (text: string): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port: proxy.port })
    socket.on('error', () => {})
    socket.write(text)
    socket.resume()
    await new Promise((resolve) => { socket.on('close', resolve) })
  }
  return { received, proxy, send, gone: () => new Promise<void>((resolve) => { sink.close(() => resolve()) }) }
}

t.test('truncates in the middle of what is sent', async (t) => {
  const { received, proxy, send, gone } = await openSink(t, { faults: ['truncate'] })
  await send('0123456789abcdef')
  await gone()
  t.strictSame(received, ['0123456789'])
  t.equal(proxy.breaks, 1)
})

t.test('cuts, and what crossed the line is lost', async (t) => {
  const { received, proxy, send, gone } = await openSink(t, { faults: ['cut'] })
  await send('0123456789abcdef')
  await gone()
  t.strictSame(received.filter((text) => text !== ''), [])
  t.equal(proxy.broken.cut, 1)
})

t.test('lets go of a connection that is ending when it is to be reset', async (t) => {
  for (const isEnding of [false, true]) {
    const listener = createServer((socket) => { socket.on('error', () => {}).resume() })
    await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening')
    const socket = connect({ host: '127.0.0.1', port: (listener.address() as AddressInfo).port })
    await once(socket, 'connect')
    if (isEnding) socket.end('the last')
    const closed = once(socket, 'close')
    reset(socket)
    await closed
    listener.close()
    await once(listener, 'close')
  }
})

t.test('gives the server a POST twice', async (t) => {
  const { received, send, gone } = await openSink(t, { faults: ['duplicate'], minBytes: 20, maxBytes: 20 })
  await send('POST /mse 12345678901234567890')
  await gone()
  t.ok(received.includes('POST /mse 12345678901234567890'), 'the second connection has it whole')
})

t.test('delivers late what a client sent whose connection is gone', async (t) => {
  const { received, proxy, send } = await openSink(t, { faults: ['late'] })
  await send('late: 0123456789')
  t.strictSame(received.filter((text) => text !== ''), [], 'not yet')
  while (!received.includes('late: 0123456789')) await send('another 0123456789')
  t.pass('it came while others were at work')
  t.ok(proxy.broken.late > 1)
})
