import { quote } from './arguments.ts'
import { helpText } from './help.ts'
import { packageVersion } from './package.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

/**
 * Carries out a command line.
 *
 * @throws UsageError when the command line is wrong
 * @throws Failure when it was right and could not be carried out
 */
export async function run (argv: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<void> {
  const [command, ...rest] = argv
  if (isHelp(argv)) return terminal.print(helpText())
  if (command === '--version' || command === '-v') return terminal.print(`${packageVersion()}\n`)
  // Imported on demand: a token needs no server, and a server no client.
  if (command === 'serve') {
    await (await import('./serve.ts')).serve(rest, env)
    return
  }
  if (command === 'token') return terminal.print(`${(await import('./token.ts')).token(rest, env)}\n`)
  if (command === 'call') return await (await import('./call.ts')).call(rest, env, terminal)
  if (command === 'tail') return await (await import('./tail.ts')).tail(rest, env, terminal)
  throw new UsageError(command === undefined ? 'a command is missing: serve, token, call or tail' : `there is no command ${quote(command)}: try serve, token, call or tail`)
}

function isHelp (argv: readonly string[]): boolean {
  return argv.includes('--help') || argv.includes('-h') || argv[0] === 'help'
}
