import { quote } from './arguments.ts'
import { helpText } from './help.ts'
import { packageVersion } from './package.ts'
import { UsageError } from './usage-error.ts'

/**
 * Carries out a command line.
 *
 * @param print where results go
 * @throws UsageError when the command line is wrong
 */
export async function run (argv: readonly string[], env: NodeJS.ProcessEnv, print: (text: string) => void): Promise<void> {
  const [command, ...rest] = argv
  if (argv.includes('--help') || argv.includes('-h') || command === 'help') return print(helpText())
  if (command === '--version' || command === '-v') return print(`${packageVersion()}\n`)
  // Imported on demand: a token needs no server.
  if (command === 'serve') return await (await import('./serve.ts')).serve(rest, env)
  if (command === 'token') return print(`${(await import('./token.ts')).token(rest, env)}\n`)
  throw new UsageError(command === undefined ? 'a command is missing: serve or token' : `there is no command ${quote(command)}: try serve or token`)
}
