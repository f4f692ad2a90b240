import { setImmediate as nextTurn } from 'node:timers/promises'

/** Runs `task` so many times, each in a turn of the event loop of its own. */
export async function inTurns (times, task) {
  for (let number = 0; number < times; number++) {
    task(number)
    await nextTurn()
  }
}
