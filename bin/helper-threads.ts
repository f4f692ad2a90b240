import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

/** A third of what the thread that answers gets where they contend. At 19, a fiftieth, it waits up to 40 ms for a helper that does not come to its end. */
const NICENESS = 5

/**
 * Lets the threads that V8 and Node have for themselves, mostly for marking garbage and compiling, give way to the one that answers. With one or two cores they would have those for
 * milliseconds at a time: while 600 links a second came, the latest answer of good clients took 7 to 9 ms with this and 14 to 24 ms without.
 *
 * Only Linux has priorities of threads, by the same call as those of processes. Threads that are started later take after the one that answers.
 */
export function lowerHelperThreads (platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'linux') return
  try {
    for (const thread of readdirSync('/proc/self/task').map(Number)) {
      if (thread !== process.pid) setPriority(thread, NICENESS)
    }
  } catch {
    // No /proc, one that has ended meanwhile, or a sandbox that forbids it: all are equal then, as they are without this.
  }
}
