import { readArguments } from './arguments.ts'
import { CONNECTION_FLAGS, type ConnectionSettings, connectionSettings } from './connection-settings.ts'
import type { Terminal } from './terminal.ts'

/** The flags of `mse tail`. */
export const TAIL_FLAGS = {
  ...CONNECTION_FLAGS,
  start: { help: 'asks for the media, too: offers and candidates are printed, and never answered' }
} as const

/** What `mse tail` does. */
export interface TailSettings extends ConnectionSettings {
  readonly startsFirst: boolean
}

/** @throws UsageError for a flag that is missing or wrong */
export async function tailSettings (argv: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<TailSettings> {
  const values = readArguments(TAIL_FLAGS, argv, env)
  return { startsFirst: values.start, ...await connectionSettings(values, terminal) }
}
