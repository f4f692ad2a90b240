import { toCandidate, toDescription } from '../lib/protocol/signal.ts'
import { printable } from './printable.ts'

/** A notification, and when it came. */
export interface Line {
  /** ISO 8601. */
  readonly time: string
  readonly method: string
  readonly params: unknown
}

/** What a custom notification may take of the line. */
const MAX_LENGTH = 400

type Member<Name extends string> = Readonly<Partial<Record<Name, unknown>>>

/** Those that people would not want to read as JSON. What is not as it should be is printed as it is. */
const TELL: Readonly<Record<string, (params: never) => string>> = {
  chat: ({ from, to, message, attachment }: Member<'from' | 'to' | 'message' | 'attachment'>) =>
    `${from === undefined ? '' : `${String(from)}${Array.isArray(to) && to.length > 0 ? ' (to you)' : ''}: `}${String(message)}${attachment === undefined ? '' : ` ${JSON.stringify(attachment)}`}`,
  sdpOffer: ({ offer }: { offer: string }) => {
    const { type, sdp } = toDescription(offer)
    return `${type} of ${[...sdp.matchAll(/^m=(\w+)/gm)].map(([, kind]) => kind).join(', ') || 'nothing'}, ${sdp.length} characters`
  },
  iceCandidate: ({ candidate }: { candidate: string }) => toCandidate(candidate).candidate || 'no more candidates'
}

/** The time of day here, the method, and what it says, on one line. */
export function humanLine ({ time, method, params }: Line): string {
  const clock = new Date(time).toTimeString().slice(0, 8)
  return `${clock}  ${printable(method).padEnd(12)}  ${printable(told(method, params))}\n`
}

function told (method: string, params: unknown): string {
  try {
    if (Object.hasOwn(TELL, method)) return TELL[method]?.(params as never) ?? ''
  } catch {
    // It is not what its name says.
  }
  const json = JSON.stringify(params ?? {})
  return json.length > MAX_LENGTH ? `${json.slice(0, MAX_LENGTH)}… (${json.length} characters)` : json
}
