import { Program } from '../bin/program.ts'

interface Teardown { teardown (task: () => Promise<void>): void }

/** A compiled `mse serve` in a process of its own, as its users run it. */
export interface Server {
  readonly program: Program
  /** Where its page is, such as `http://127.0.0.1:40123`. */
  readonly origin: string
}

/** Starts one and waits until it listens; it ends with the test at the latest. */
export async function serve (t: Teardown, args: readonly string[] = [], port = 0): Promise<Server> {
  const program = new Program('bin/mse.js', ['serve', '--port', String(port), ...args])
  t.teardown(() => program.stop())
  const [, origin = ''] = await program.match(/(http:\/\/[^\s/"]+:\d+)/)
  return { program, origin }
}

/** Ends it as an operator does. */
export async function terminate ({ program }: Server): Promise<void> {
  program.signal('SIGTERM')
  await program.ended
}
