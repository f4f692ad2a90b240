import type { Terminal } from '../../bin/terminal.ts'

/** A terminal without a person: remembers what is printed, and is interrupted when a test says so. */
export class TestTerminal implements Terminal {
  readonly isInteractive: boolean
  stdout = ''
  stderr = ''
  interrupt = (): void => {}
  readonly #interrupted: Promise<void>
  #onOutput = (): void => {}

  constructor (isInteractive = false) {
    this.isInteractive = isInteractive
    this.#interrupted = new Promise((resolve) => { this.interrupt = resolve })
  }

  print (text: string): void {
    this.stdout += text
    this.#onOutput()
  }

  tell (line: string): void {
    this.stderr += `${line}\n`
    this.#onOutput()
  }

  async readLine (): Promise<string> { return '' }
  interrupted (): Promise<void> { return this.#interrupted }

  /** Resolves when both streams together match. */
  async match (pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout + this.stderr)) await new Promise<void>((resolve) => { this.#onOutput = resolve })
  }
}
