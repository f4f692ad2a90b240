import type { TransportName } from '../lib/client/options.ts'
import { oneOf, quote } from './arguments.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

/** The flags of commands that talk to a server. */
export const CONNECTION_FLAGS = {
  url: { value: '<url>', help: 'the endpoint (default http://127.0.0.1:8080/mse)' },
  token: { value: '<jwt>', help: 'better in MSE_TOKEN, or - to take it from stdin: others see command lines' },
  transport: { value: '<name>', help: 'websocket, events or poll (default the first that gets through)' }
} as const

/** How to reach a server. */
export interface ConnectionSettings {
  readonly url: string
  readonly token: string
  readonly transports: readonly TransportName[]
}

const TRANSPORTS = ['websocket', 'events', 'poll'] as const satisfies TransportName[]

/** @throws UsageError for a flag that is missing or wrong */
export async function connectionSettings (values: { readonly [Name in keyof typeof CONNECTION_FLAGS]: string | undefined }, terminal: Terminal): Promise<ConnectionSettings> {
  const { url = 'http://127.0.0.1:8080/mse', transport } = values
  if (!URL.canParse(url) || !/^(?:https?|wss?):\/\//.test(url)) throw new UsageError(`--url has to be an address such as https://example.org/mse, got ${quote(url)}`)
  const transports = transport === undefined ? TRANSPORTS : [oneOf('transport', transport, TRANSPORTS)]
  return { url, transports, token: await tokenOf(values.token, terminal) }
}

async function tokenOf (given: string | undefined, terminal: Terminal): Promise<string> {
  if (given === undefined || given === '') throw new UsageError('a token is missing: set MSE_TOKEN, as `mse token` prints one')
  const token = given === '-' ? (await terminal.readLine()).trim() : given.trim()
  // What is no header value would fail later, and in many words.
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new UsageError(token === '' ? 'there is no token on stdin' : 'the token is none: it has characters that no token has')
}
