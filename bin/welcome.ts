import { basename, relative } from 'node:path'
import type { ServeSettings } from './serve-settings.ts'

/**
 * What `mse serve` says when it listens: what to open, and how to make tokens.
 *
 * @param program the script that runs, so that the example can be pasted
 */
export function welcome ({ host, path, secret, secretIsGenerated, engine }: ServeSettings, port: number, program: string): string {
  const authority = `${authorityHost(host)}:${port}`
  const lines = [
    ['page', `http://${authority}/`],
    ['websocket', `ws://${authority}${path}`],
    ['engine', engine === 'none' ? 'none: signalling only' : engine],
    // A secret that was given is known to those who need it, and should not appear on screens.
    ['token', `${command(program)} token --secret ${secretIsGenerated ? secret : '<yours>'} --user ada --room lobby`]
  ] as const
  return `MSE development server\n${lines.map(([name, value]) => `  ${name.padEnd(9)}  ${value}\n`).join('')}`
}

function authorityHost (host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function command (program: string): string {
  return basename(program) === 'mse.js' ? `node ${relative(process.cwd(), program)}` : 'mse'
}
