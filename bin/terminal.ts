/** Where a command runs: its three streams, and the keyboard's Ctrl-C. A parameter, so that a test can be one. */
export interface Terminal {
  /** Does a person read what is printed? Otherwise a program does. */
  readonly isInteractive: boolean
  /** To stdout, as it is. */
  print (text: string): void
  /** One line about the command itself, to stderr. */
  tell (line: string): void
  /** The first line of stdin; empty when there is none. */
  readLine (): Promise<string>
  /** Resolves when the command is asked to end, or when nobody reads it any more. */
  interrupted (): Promise<void>
}
