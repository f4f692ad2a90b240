import type { ClientError, MseClient, StateEvent } from '../lib/client/index.ts'
import { createClient } from '../lib/client/node.ts'
import { explain } from './explain.ts'
import { Failure } from './failure.ts'
import { humanLine } from './human-line.ts'
import { jsonLine } from './printable.ts'
import { tailSettings } from './tail-settings.ts'
import type { Terminal } from './terminal.ts'

/**
 * Prints every notification of the server until it is interrupted; says on stderr how the connection is.
 *
 * @throws UsageError when the command line is wrong
 * @throws Failure when the server wants no more of it
 */
export async function tail (argv: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<void> {
  const { url, token, transports, startsFirst } = await tailSettings(argv, env, terminal)
  const client = createClient({ url, transports, getToken: () => token, callTimeoutMs: 0 })
  client.on('notification', ({ method, params }) => {
    const line = { time: new Date().toISOString(), method, params }
    terminal.print(terminal.isInteractive ? humanLine(line) : jsonLine(line))
  })
  tellStates(client, terminal)
  if (startsFirst) client.on('session', () => { client.call('start').catch((error: unknown) => terminal.tell(`start: ${explain(error)}`)) })
  try {
    await Promise.race([terminal.interrupted(), over(client)])
  } finally {
    await client.close()
  }
}

function tellStates (client: MseClient, terminal: Terminal): void {
  client.on('state', (event) => { if (event.state !== 'closed') terminal.tell(stateLine(event)) })
  client.on('reset', ({ reason }) => terminal.tell(`the session is lost (${reason}), another one begins: what was said meanwhile is not known`))
  client.on('drain', ({ afterMs }) => terminal.tell(`the server goes down, it ends this connection in ${secondsOf(afterMs)}`))
}

function stateLine ({ state, transport, failure, retryInMs }: StateEvent): string {
  if (state === 'open') return `open by ${transport}`
  const again = retryInMs === undefined ? '' : ` in ${secondsOf(retryInMs)}`
  return `${state}${again}${failure === undefined ? '' : `: ${explain(failure)}`}`
}

/** Rejects when the client gives up. */
function over (client: MseClient): Promise<never> {
  return new Promise((_resolve, reject) => {
    client.on('state', ({ state, failure }) => { if (state === 'closed') reject(new Failure(endOf(failure))) })
  })
}

function endOf (failure: ClientError | undefined): string {
  return failure === undefined || failure.code === 1_000 ? 'the server has ended the session' : explain(failure)
}

function secondsOf (ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
