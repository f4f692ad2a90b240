import t from 'tap'
import type { MediaEngine, MediaPeer, PeerContext } from '../../lib/media/engine.ts'
import { weriftEngine } from '../../lib/media/werift/index.ts'
import { engineConformance } from '../../lib/testing/engine-conformance.ts'

const werift = (): MediaEngine => weriftEngine({ interfaceAddresses: ['127.0.0.1'], iceTimeoutMs: 600_000 })

t.test('the embedded engine passes every check', async (t) => {
  for (const { name, run } of engineConformance(werift)) t.test(name, run)
})

/** Breaks one thing of the embedded engine. */
function broken (breaks: Partial<Record<keyof MediaPeer, (peer: MediaPeer, context: PeerContext) => unknown>>, join: (context: PeerContext) => PeerContext = (context) => context): () => MediaEngine {
  return () => {
    const engine = werift()
    return {
      name: 'broken',
      open: (context) => engine.open?.(context) ?? Promise.resolve(),
      close: () => engine.close(),
      async join (context) {
        const peer = await engine.join(join(context))
        const replaced = Object.fromEntries(Object.entries(breaks).map(([name, make]) => [name, make(peer, context)]))
        return { describe: (it) => peer.describe(it), candidate: (it) => peer.candidate(it), close: (it) => peer.close(it), ...replaced }
      }
    }
  }
}

async function failures (makeEngine: () => MediaEngine): Promise<string[]> {
  const outcomes = await Promise.all(engineConformance(makeEngine).map(async ({ name, run }) => {
    const failed = await run().then(() => false, () => true)
    return failed ? [name] : []
  }))
  return outcomes.flat()
}

t.test('an engine that hears nothing fails', async (t) => {
  const failed = await failures(broken({ describe: () => () => {} }))
  t.ok(failed.length >= 6, failed.join('; '))
})

t.test('an engine with one room for all fails', async (t) => {
  t.strictSame(await failures(broken({}, (context) => ({ ...context, roomId: 'all' }))), ['shows a publisher to the others of its room, under its user id, and to nobody else'])
})

t.test('an engine that does not look at the signal fails', async (t) => {
  t.strictSame(await failures(broken({}, (context) => ({ ...context, signal: new AbortController().signal }))), ['rejects a join whose signal is aborted, and ends a participant whose signal aborts, without a word'])
})

t.test('an engine that does not close fails', async (t) => {
  t.ok((await failures(broken({ close: () => async () => {} }))).includes('offers again when somebody leaves, after the offer before has been answered'))
})

t.test('an engine that says goodbye to whom it was told to close fails', async (t) => {
  const failed = await failures(broken({ close: (peer, { closed }) => async (reason: string) => { await peer.close(reason); closed(reason) } }))
  t.ok(failed.includes('closes a participant as often as one likes, and says nothing to it afterwards'), failed.join('; '))
})

t.test('an engine that throws at garbage fails', async (t) => {
  const failed = await failures(broken({ describe: (peer) => (it: { type: 'offer' | 'answer', sdp: string }) => { if (!it.sdp.startsWith('v=0')) throw new Error('garbage'); peer.describe(it) } }))
  t.strictSame(failed, ['ignores stray answers, garbage and candidates for nothing, and goes on'])
})

t.test('an engine that cannot be opened twice fails, and one that takes being closed for a failure', async (t) => {
  let opened = 0
  const once = (): MediaEngine => {
    const engine = werift()
    opened = 0
    return { name: 'once', open: async (context) => { if (opened++ === 0) await engine.open?.(context) }, join: (context) => engine.join(context), close: () => engine.close() }
  }
  t.match((await failures(once)).filter((name) => name.startsWith('takes participants again')), { length: 1 })
  const dying = (): MediaEngine => {
    const engine = werift()
    let fail: ((error: unknown) => void) | undefined
    return {
      name: 'dying',
      open: async (context) => {
        fail = context.failed
        await engine.open?.(context)
      },
      join: (context) => engine.join(context),
      close: () => {
        fail?.(new Error('it was closed'))
        return engine.close()
      }
    }
  }
  t.equal((await failures(dying)).length, engineConformance(werift).length)
})
