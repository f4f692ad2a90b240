/** What nobody caught, and what nobody may touch: looked at after every hostile case. */
import type { Test } from 'tap'

const uncaught: unknown[] = []
const note = (error: unknown): void => { uncaught.push(error) }
process.on('unhandledRejection', note).on('uncaughtExceptionMonitor', note)

/** The prototypes that JSON values have, with the members that they had at the start. */
const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Number.prototype, Boolean.prototype, Error.prototype]
  .map((prototype) => ({ prototype, members: Reflect.ownKeys(prototype) }))

/** No rejection and no exception was left to the process, and every prototype is as it was. */
export async function nothingIsAstray (t: Test): Promise<void> {
  // A rejection counts as unhandled when its turn of the event loop is over.
  await new Promise(setImmediate)
  t.strictSame(uncaught, [], 'nothing was left to the process')
  t.strictSame(PROTOTYPES.map(({ prototype }) => Reflect.ownKeys(prototype)), PROTOTYPES.map(({ members }) => members), 'prototypes are as they were')
}
