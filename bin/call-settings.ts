import { quote, readCommand } from './arguments.ts'
import { CONNECTION_FLAGS, type ConnectionSettings, connectionSettings } from './connection-settings.ts'
import { seconds } from './duration.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

/** The flags of `mse call`. */
export const CALL_FLAGS = {
  ...CONNECTION_FLAGS,
  timeout: { value: '<time>', help: 'for all of it: 5s, 30s (default), 2m' },
  start: { help: 'calls start first, for methods that need it' },
  notify: { help: 'sends a notification, which nobody answers: nothing is printed' }
} as const

/** What `mse call` does. */
export interface CallSettings extends ConnectionSettings {
  readonly method: string
  readonly params: object | undefined
  readonly timeoutSeconds: number
  readonly startsFirst: boolean
  readonly isNotification: boolean
}

/** @throws UsageError for a flag or a word that is missing or wrong */
export async function callSettings (argv: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<CallSettings> {
  const { values, words: [method, json, ...more] } = readCommand(CALL_FLAGS, argv, env)
  if (method === undefined || method === '') throw new UsageError('a method is missing, such as: mse call ping')
  if (more.length > 0) throw new UsageError(`${quote(more[0] ?? '')} is one word too many: the params are one JSON object, in quotes`)
  return {
    method: nameOf(method),
    params: json === undefined ? undefined : paramsOf(json),
    timeoutSeconds: seconds('timeout', values.timeout ?? '30s'),
    startsFirst: values.start,
    isNotification: values.notify,
    ...await connectionSettings(values, terminal)
  }
}

function nameOf (method: string): string {
  if (method.startsWith('$/') || method.length > 128) throw new UsageError(`${quote(method)} is no method: a name has at most 128 characters and does not start with "$/"`)
  return method
}

/** The server takes named params alone. */
function paramsOf (json: string): object {
  const params = parse(json)
  if (typeof params === 'object' && params !== null && !Array.isArray(params)) return params
  throw new UsageError(`the params have to be one JSON object, such as '{"to":[],"message":"hello"}', got ${quote(json)}`)
}

function parse (json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
