/** The command was right, and could not be carried out: one line on stderr, exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure'
}
