/** Controls of terminals, and marks that turn the direction of a text: what somebody else wrote must not act on the terminal of who reads it. */
const ACTING = /[\p{Cc}\u2028-\u202e\u2066-\u2069\ufeff]/gu

/** A text of others, on one line. */
export function printable (text: string): string {
  return text.replace(ACTING, escaped)
}

/** JSON on one line, for programs; as harmless as {@link printable}, and still the same JSON. */
export function jsonLine (value: unknown): string {
  return `${printable(JSON.stringify(value ?? null))}\n`
}

/** A value for people: a string as it is, anything else as JSON with a line for each member. */
export function pretty (value: unknown): string {
  if (typeof value === 'string') return `${printable(value)}\n`
  const lines = JSON.stringify(value ?? null, null, 2).split('\n')
  return lines.map((line) => `${printable(line)}\n`).join('')
}

function escaped (character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
