import { ClientError } from '../lib/client/node.ts'
import { printable } from './printable.ts'

/** What went wrong, in one line. */
export function explain (error: unknown): string {
  return printable(error instanceof ClientError ? explainClient(error) : String(error instanceof Error ? error.message : error))
}

function explainClient (error: ClientError): string {
  const { reason, code, message, data, cause } = error
  // A client that gives up says why.
  if (reason === 'closed' && cause instanceof ClientError) return explainClient(cause)
  if (reason === 'refused') return `${code} ${message}${data === undefined ? '' : ` ${JSON.stringify(data)}`}${adviceOn(error)}`
  if (reason === 'link') return `${message}${detailOf(error)}`
  return message
}

/** What to do about an error of the server. */
function adviceOn ({ code, data }: ClientError): string {
  const { required } = (data ?? {}) as { required?: unknown }
  if (code === -4001) return ': the token has ended, or is not for this server'
  if (code === -6001 && required === 'start') return ': add --start'
  return ''
}

/** What the system or the way to the server says, in brackets. */
function detailOf ({ code, message, cause }: ClientError): string {
  const detail = innermost(cause) ?? (code === 0 || message.includes(String(code)) ? undefined : String(code))
  const text = detail === undefined ? '' : ` (${detail})`
  return /\b404\b/.test(message + text) ? `${text}: is the path right?` : text
}

/** `fetch` and others wrap it. */
function innermost (cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return innermost(cause.cause) ?? (code || cause.message)
}
