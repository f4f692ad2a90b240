/** One JSON text and what is to become of it, as the corpus writes it down. */

/** `parses` and `refused` (-32700) are what RFC 8259 says; where it leaves the choice to the parser, `choice` is what this one chose. */
export type Verdict = 'parses' | 'refused' | 'choice'

export interface Entry {
  readonly name: string
  /** Bytes where they are no text, or no UTF-8. */
  readonly input: string | Uint8Array
  readonly verdict: Verdict
  readonly isTaken: boolean
  /** What a method gives back that returns the value; empty for what is refused. */
  readonly echo: string
  /** The same as a value within a message, where it may be too deep, or go on the text around it. `null`: it says nothing there. */
  readonly isTakenInside: boolean | null
}

/** RFC 8259 says that this is JSON. */
export function parses (name: string, input: string, echo: string = input): Entry {
  return { name, input, verdict: 'parses', isTaken: true, echo, isTakenInside: true }
}

/** RFC 8259 says that this is none. */
export function refused (name: string, input: string | Uint8Array): Entry {
  return { name, input, verdict: 'refused', isTaken: false, echo: '', isTakenInside: false }
}

/** As {@link refused}, and with a message around it, it could be JSON. */
export function refusedAlone (name: string, input: string): Entry {
  return { ...refused(name, input), isTakenInside: null }
}

/** RFC 8259 lets a parser take it, and this one does. */
export function taken (name: string, input: string, echo: string = input): Entry {
  return { ...parses(name, input, echo), verdict: 'choice' }
}

/** RFC 8259 lets a parser refuse it, and this one does. */
export function declined (name: string, input: string | Uint8Array): Entry {
  return { ...refused(name, input), verdict: 'choice' }
}

/** Bytes, written in hex; blanks do not count. */
export function hex (digits: string): Uint8Array {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex')
}

/** A JSON string of these bytes. */
export function quoted (digits: string): Uint8Array {
  return hex(`22 ${digits} 22`)
}
