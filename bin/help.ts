import { variableOf } from './arguments.ts'
import type { Flags } from './arguments.ts'
import { SERVE_FLAGS } from './serve-settings.ts'
import { TOKEN_FLAGS } from './token.ts'

/** What `mse --help` prints. */
export function helpText (): string {
  return `mse: live video signalling, the MSE protocol over WebSocket

Usage
  mse serve [flags]   start a server; in development with a video room page
  mse token [flags]   print a token for a user and a room
  mse --help | --version

mse serve
${table(SERVE_FLAGS)}

mse token
${table(TOKEN_FLAGS)}

Each flag is also a variable of the environment: ${variableOf('port')} for --port, ${variableOf('max-streams')} for --max-streams. The flag wins.
Exit codes: 0 after a clean end, 2 when the command or its surroundings are wrong, 1 for anything else.
`
}

function table (flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => [`--${name} ${flag.value}`, flag.help] as const)
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`).join('\n')
}
