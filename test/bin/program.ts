import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { PACKAGE_ROOT } from '../../bin/package.ts'

/** How a program ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A compiled program of this package, run as its users run it. */
export class Program {
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #stderr = ''
  #onLine = (): void => {}

  /**
   * @param script below `dist`
   * @param env beside PATH; nothing else is inherited, so that no variable of the developer's changes a test
   * @param input what it reads from stdin, which stays open; without it there is no stdin
   */
  constructor (script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) {
    const variables = Object.entries({ PATH: process.env['PATH'] ?? '', ...env }).map(([name, value]) => `${name}=${value}`)
    // `env -i`, because tap puts its loader and its exit hooks into whatever is spawned: users have neither, and with
    // them a process now and then does not end on a signal.
    this.#child = spawn('env', ['-i', ...variables, process.execPath, fileURLToPath(new URL(`dist/${script}`, PACKAGE_ROOT)), ...args], { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    this.#child.stdin?.write(input)
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      this.#onLine()
    })
    createInterface({ input: this.#child.stdout ?? process.stdin }).on('line', (line) => {
      this.#lines.push(line)
      this.#onLine()
    })
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#onLine()
      return { code: code as number | null, signal: signal as string | null, stdout: this.#lines.join('\n'), stderr: this.#stderr }
    })
  }

  get stderr (): string { return this.#stderr }

  get stdout (): string { return this.#lines.join('\n') }

  /**
   * The first match in a line of stdout, printed already or later. Rejects when the program ends without it.
   * @param count 2: the second line that matches, and so on
   */
  match (pattern: RegExp, count = 1): Promise<RegExpExecArray> {
    return this.#matchIn(() => this.#lines, pattern, count)
  }

  /** The same in all of stderr. */
  matchError (pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matchIn(() => [this.#stderr], pattern)
  }

  async #matchIn (texts: () => readonly string[], pattern: RegExp, count = 1): Promise<RegExpExecArray> {
    for (;;) {
      const found = texts().map((text) => pattern.exec(text)).filter((match) => match !== null)[count - 1]
      if (found !== undefined) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(`ended without ${String(pattern)}: ${this.#stderr}`)
      await new Promise<void>((resolve) => { this.#onLine = resolve })
    }
  }

  /** Whoever reads its stdout goes away, as `head` does. */
  hangUp (): void {
    this.#child.stdout?.destroy()
  }

  signal (name: 'SIGTERM' | 'SIGINT'): void {
    this.#child.kill(name)
  }

  /** For teardowns: ends it if it is still there. */
  async stop (): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}
