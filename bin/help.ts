import { variableOf } from './arguments.ts'
import type { Flags } from './arguments.ts'
import { CALL_FLAGS } from './call-settings.ts'
import { SERVE_FLAGS } from './serve-settings.ts'
import { TAIL_FLAGS } from './tail-settings.ts'
import { TOKEN_FLAGS } from './token.ts'

/** What `mse --help` prints. */
export function helpText (): string {
  return `mse: live video signalling, the MSE protocol over WebSocket

Usage
  mse serve [flags]                 start a server; in development with a video room page
  mse token [flags]                 print a token for a user and a room
  mse call <method> [json] [flags]  call a method of a server and print its result
  mse tail [flags]                  print what a server has to say, until Ctrl-C
  mse --help | --version

mse serve
${table(SERVE_FLAGS)}

mse token
${table(TOKEN_FLAGS)}

mse call
${table(CALL_FLAGS)}

mse tail
${table(TAIL_FLAGS)}

  For people on a terminal, JSON lines into a pipe. Try it with
    export MSE_TOKEN=$(mse token --secret "$MSE_SECRET" --user ada --room lobby)
    mse tail
    mse call chat '{"to":[],"message":"hello"}'

Each flag with a value is also a variable of the environment: ${variableOf('port')} for --port, ${variableOf('max-streams')} for --max-streams. The flag wins.
Exit codes: 0 after a clean end, 2 when the command or its surroundings are wrong, 1 for anything else, such as an error that the server answers;
143 and 130 when a second SIGTERM or SIGINT ends it at once.
`
}

function table (flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => [flag.value === undefined ? `--${name}` : `--${name} ${flag.value}`, flag.help] as const)
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`).join('\n')
}
