import type { Clock } from '../util/clock.ts'
import { settleWithin } from '../util/settle-within.ts'

/**
 * Calls what is not trusted: a throw becomes a rejection, and so does silence. What it does after that is for nobody.
 * @param what for the error's text: "the engine did not ... within ... ms"
 */
export function within<T> (clock: Clock, timeoutMs: number, what: string, task: () => T | Promise<T>): Promise<T> {
  return settleWithin(clock, timeoutMs, invoke(task), () => new Error(`the engine did not ${what} within ${timeoutMs} ms`))
}

/** A throw is a rejection. */
export async function invoke<T> (task: () => T | Promise<T>): Promise<T> {
  return await task()
}
