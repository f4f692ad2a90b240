/** Long enough for every sentence that a person reads. */
const MAX_LENGTH = 256

/** Why a token was refused, for the log: only the text, as the errors of some libraries carry the token, and not the token if the text has it. */
export function refusedToken (cause: unknown, token: string): string {
  if (!(cause instanceof Error)) return 'unknown'
  const text = token === '' ? cause.message : cause.message.replaceAll(token, '<the token>')
  return text.slice(0, MAX_LENGTH)
}
