#!/usr/bin/env node
import { run } from './run.ts'
import { UsageError } from './usage-error.ts'

try {
  await run(process.argv.slice(2), process.env, (text) => { process.stdout.write(text) })
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`mse: ${error.message} (mse --help)\n`)
  else process.stderr.write(`mse: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
}
