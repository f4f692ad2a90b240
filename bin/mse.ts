#!/usr/bin/env node
import { Failure } from './failure.ts'
import { processTerminal } from './process-terminal.ts'
import { run } from './run.ts'
import { UsageError } from './usage-error.ts'

try {
  await run(process.argv.slice(2), process.env, processTerminal)
} catch (error) {
  if (error instanceof UsageError) processTerminal.tell(`${error.message} (mse --help)`)
  else if (error instanceof Failure) processTerminal.tell(error.message)
  else processTerminal.tell(error instanceof Error ? error.stack ?? error.message : String(error))
  process.exit(error instanceof UsageError ? 2 : 1)
}
