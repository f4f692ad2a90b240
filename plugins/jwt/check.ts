import { BadJwtOptionError } from './errors.ts'

/** The options that every source of keys knows. */
export const RULE_NAMES = ['issuer', 'audience', 'domain', 'typ', 'requiredClaims', 'clockToleranceMs', 'maxTokenBytes'] as const

/** An option that nobody reads is a rule that nobody applies: refuse it rather than boot without it. */
export function checkNames (options: object, known: readonly string[], prefix = ''): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new BadJwtOptionError(`${prefix}${unknown} is not an option here`)
}

/** A whole number in a range. */
export function integer (name: string, value: unknown, range: { min: number, max: number, default: number }): number {
  if (value === undefined) return range.default
  if (Number.isInteger(value) && (value as number) >= range.min && (value as number) <= range.max) return value as number
  throw new BadJwtOptionError(`${name} has to be a whole number in ${range.min}..${range.max}, got ${shown(value)}`)
}

/** One text or several; none of them empty, as an unset variable of the environment would be. */
export function texts (name: string, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every((one) => typeof one === 'string' && one !== '')) return list as string[]
  throw new BadJwtOptionError(`${name} has to be a string or a list of strings, none of them empty, got ${shown(value)}`)
}

function shown (value: unknown): string {
  return JSON.stringify(value)?.slice(0, 64) ?? String(value)
}
