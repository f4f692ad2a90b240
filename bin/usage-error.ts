/** The command line cannot be carried out as it was given: one line on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
