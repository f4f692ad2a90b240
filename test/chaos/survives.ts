import t, { type Test } from 'tap'
import { FLAWLESS } from '../helpers/history.ts'
import { type ChaosOptions, type Traveller, runChaos } from './harness.ts'
import { SdkClient } from './sdk.ts'

/** `CHAOS_FULL=1`: the size that the package promises; otherwise one that fits into every run of the tests. `CHAOS_SEED=n`: that seed alone. */
const isFull = process.env.CHAOS_FULL === '1'
/** Three in CI, one where somebody waits. */
const defaultSeeds = isFull || process.env.CI === undefined ? [1] : [1, 2, 3]
const seeds = process.env.CHAOS_SEED === undefined ? defaultSeeds : [Number(process.env.CHAOS_SEED)]
const CHATS = isFull ? { chats: 10_000, breaks: 1_000 } : { chats: 400, breaks: 20 }
const CALLS = isFull ? { chats: 10_000, calls: 5_000, breaks: 1_000 } : { chats: 150, calls: 150, breaks: 5 }
/** The client has its calls in bodies of their own, so that each costs connections. */
const CLIENT_CALLS = isFull ? CALLS : { chats: 80, calls: 80, breaks: 5 }
const timeout = isFull ? 900_000 : 60_000

/** `breaks`: links that have to be lost at the least. */
interface Size { readonly chats: number, readonly calls?: number, readonly breaks: number }

async function survives (t: Test, { breaks, ...size }: Size, options: Pick<ChaosOptions, 'seed' | 'traveller' | 'answersInBody' | 'makeClient'>): Promise<void> {
  const { verdict, faults, ...report } = await runChaos(t, { ...size, ...options })
  const { sent, called, ...flaws } = verdict
  t.comment(JSON.stringify({ ...options, makeClient: undefined, sent, called, ...report, files: undefined }))
  t.strictSame(faults.slice(0, 5), [], 'the client is told of no loss')
  t.strictSame(flaws, FLAWLESS, 'nothing is lost, doubled or out of order')
  t.equal(sent, 2 * size.chats, 'everything was sent')
  t.equal(called, size.calls ?? 0, 'every call was made')
  t.ok(report.links >= breaks, `${report.links} links were lost, ${report.breaks} connections broken`)
}

/** Every run of one traveller. */
export function runAll (traveller: Traveller): void {
  // tap gives a whole file 30 s, whatever its tests may take.
  t.setTimeout(10 * timeout)
  for (const seed of seeds) {
    t.test(`chats each way come once and in order by ${traveller} while links break, seed ${seed}`, { timeout }, (t) => survives(t, CHATS, { seed, traveller }))
    t.test(`calls in flight are answered once by ${traveller} while links break, answers downstream, seed ${seed}`, { timeout }, (t) => survives(t, CALLS, { seed: seed + 100, traveller }))
    if (traveller === 'websocket') continue
    t.test(`calls in flight are answered once by ${traveller} while links break, answers in the bodies, seed ${seed}`, { timeout }, (t) => survives(t, CALLS, { seed: seed + 200, traveller, answersInBody: true }))
  }
}

/** The same of the package's client, which always has its answers downstream and opens its session through the faults, too. */
export function runClient (traveller: Traveller): void {
  t.setTimeout(10 * timeout)
  const makeClient: ChaosOptions['makeClient'] = (options) => new SdkClient(options)
  for (const seed of seeds) {
    t.test(`the client's chats each way come once and in order by ${traveller} while links break, seed ${seed}`, { timeout }, (t) => survives(t, CHATS, { seed: seed + 300, traveller, makeClient }))
    t.test(`the client's calls in flight are answered once by ${traveller} while links break, seed ${seed}`, { timeout }, (t) => survives(t, CLIENT_CALLS, { seed: seed + 400, traveller, makeClient }))
  }
}
