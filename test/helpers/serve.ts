import { Program } from '../bin/program.ts'
import { watchOfAll } from './secrets-watch.ts'

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
  program.ended.then(({ stdout, stderr }) => watchOfAll.lookAtAnswer('mse serve, which printed', stdout + stderr), () => {})
  const [, origin = ''] = await program.match(/(http:\/\/[^\s/"]+:\d+)/)
  return { program, origin }
}

/** Ends it as an operator does. */
export async function terminate ({ program }: Server): Promise<void> {
  program.signal('SIGTERM')
  await program.ended
}

/** Ends it as a power cut does: nobody is told. */
export async function kill ({ program }: Server): Promise<void> {
  signal(program, 'SIGKILL')
  await program.ended
}

/** Stops its clock, as a suspended machine's: its sockets stay open, and nothing comes of them. */
export function freeze ({ program }: Server): void {
  signal(program, 'SIGSTOP')
}

/** Lets it go on. */
export function thaw ({ program }: Server): void {
  signal(program, 'SIGCONT')
}

/** {@link Program} is about how programs end, and names the signals for that alone; Node takes any. */
function signal (program: Program, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  (program as unknown as { signal (name: string): void }).signal(name)
}
