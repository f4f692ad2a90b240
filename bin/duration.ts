import { quote } from './arguments.ts'
import { UsageError } from './usage-error.ts'

const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** A year: a token for longer is a password that nobody changes. */
const MAX_SECONDS = 366 * UNIT_SECONDS.d

/**
 * Seconds of `90s`, `15m`, `1h`, `7d`; a bare number is seconds.
 *
 * @throws UsageError for anything else, for nothing and for more than a year
 */
export function seconds (flag: string, text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? []
  const value = Number(digits) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS]
  if (value > 0 && value <= MAX_SECONDS) return value
  throw new UsageError(`--${flag} has to be a time such as 90s, 15m, 1h or 7d, at most a year, got ${quote(text)}`)
}
