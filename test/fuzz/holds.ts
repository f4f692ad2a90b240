/** How properties are checked here: the same inputs each time, and others for who asks. */
import fc from 'fast-check'
import type { Test } from 'tap'

/** `FUZZ_SEED=n` for other inputs; what fails says with which it does. */
const seed = Number(process.env.FUZZ_SEED ?? 1)
/** `FUZZ_TIMES=n` for so many times as many. */
const times = Number(process.env.FUZZ_TIMES ?? 1)

/** Large inputs shrink for long; what is smallest by then is told. */
const SHRINK_MS = 60_000

/** Checks a property with so many inputs. The smallest that breaks it is told, with the seed and the path that lead to it. */
export async function holds<Inputs> (t: Test, property: fc.IAsyncProperty<Inputs> | fc.IProperty<Inputs>, runs: number): Promise<void> {
  const details = await fc.check(property as fc.IAsyncProperty<Inputs>, { seed, numRuns: runs * times, interruptAfterTimeLimit: SHRINK_MS })
  if (details.failed) t.fail(String(fc.defaultReportMessage(details)))
  else t.pass(`${details.numRuns} inputs, seed ${details.seed}`)
}
