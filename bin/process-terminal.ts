import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Terminal } from './terminal.ts'

/** The streams and signals of this process. */
export const processTerminal: Terminal = {
  isInteractive: process.stdout.isTTY,
  print: (text) => { process.stdout.write(text) },
  tell: (line) => { process.stderr.write(`mse: ${line}\n`) },
  readLine,
  interrupted
}

async function readLine (): Promise<string> {
  const lines = createInterface({ input: process.stdin })
  const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]) as [string?]
  // A pipe that stays open keeps the process no longer.
  lines.close()
  return line ?? ''
}

/** The first signal ends cleanly; a second one is for those who cannot wait. */
function interrupted (): Promise<void> {
  return new Promise((resolve) => {
    let isEnding = false
    const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
      if (isEnding) process.exit(signal === 'SIGINT' ? 130 : 143)
      isEnding = true
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
    // As after `mse tail | head`: whoever read has seen enough.
    process.stdout.on('error', () => resolve())
  })
}
