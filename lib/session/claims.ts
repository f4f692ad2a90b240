import type { Identity, Role } from './identity.ts'

/** What claims are measured against. Every rule that is absent is not applied. */
export interface ClaimRules {
  /** Milliseconds since the epoch. @default Date.now() */
  readonly nowMs?: number
  /** How far the issuer's clock may be from ours, in milliseconds, either way. @default 5_000 */
  readonly clockToleranceMs?: number
  /** `iss` has to be one of these. */
  readonly issuer?: readonly string[]
  /** `aud`, or one of its members, has to be one of these; a token for nobody in particular is refused. */
  readonly audience?: readonly string[]
  /** `domain` has to be one of these. */
  readonly domain?: readonly string[]
  /** Claims that have to be there, whatever their value. */
  readonly requiredClaims?: readonly string[]
  /** How long ago `iat` may be, in milliseconds. */
  readonly maxAgeMs?: number
  /**
   * For claims that a function of the application vouches for: `exp` and `iat` may be absent, and an
   * {@link Identity} (known by one of its dates in milliseconds) is taken as well.
   * @default false
   */
  readonly vouchedFor?: boolean
}

/** A token, or what it says, is not good. The message names the claim and never its value: it is for the log. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  readonly code = 'MSE_ERR_TOKEN_REFUSED'
}

/** The default of {@link ClaimRules.clockToleranceMs}. */
export const CLOCK_TOLERANCE_MS = 5_000

/**
 * Who a token speaks of. Claims are read one by one and only when the object itself owns them, so a payload
 * with a `__proto__` member neither lends its claims nor reaches a prototype.
 *
 * @param claims the verified payload of a token; its dates are seconds (RFC 7519, NumericDate)
 * @throws TokenRefused when a claim is missing, malformed, out of its time or against a rule
 */
export function identityFromClaims (claims: unknown, rules: ClaimRules = {}): Identity {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) throw new TokenRefused('the claims are not an object')
  const read: Read = (name) => Object.hasOwn(claims, name) ? (claims as Record<string, unknown>)[name] : undefined
  checkIssuance(read, rules)
  const dates = rules.vouchedFor === true && DATE_NAMES.some((name) => read(name) !== undefined) ? identityDates(read) : tokenDates(read)
  checkDates(dates, rules)
  const domain = optionalText(read, 'domain')
  if (rules.domain !== undefined && (domain === null || !rules.domain.includes(domain))) throw new TokenRefused('domain is not allowed')
  return { userId: userIdOf(read), roomId: text(read, 'roomId'), role: roleOf(read), domain, agent: agentOf(read), ...dates }
}

type Read = (name: string) => unknown
type Dates = Pick<Identity, 'issuedAt' | 'notBefore' | 'expiresAt'>

const DATE_NAMES = ['issuedAt', 'notBefore', 'expiresAt'] as const
const ROLES: readonly unknown[] = ['user', 'admin', 'super'] satisfies Role[]
const AGENTS: readonly unknown[] = ['web', 'mobile'] satisfies Array<Identity['agent']>
const MAX_TEXT_LENGTH = 256
/** 9999-12-31T23:59:59Z: later dates have no ISO 8601 form of four digits, and no honest issuer. */
const MAX_DATE_MS = 253_402_300_799_000
// The user id becomes a stream id in SDP and all of them go to logs: a line break would let a name write lines of its own.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

function checkIssuance (read: Read, rules: ClaimRules): void {
  const missing = rules.requiredClaims?.find((name) => read(name) === undefined)
  if (missing !== undefined) throw new TokenRefused(`${missing} is required`)
  if (rules.issuer !== undefined && !includes(rules.issuer, read('iss'))) throw new TokenRefused('iss is not allowed')
  if (rules.audience !== undefined) checkAudience(read('aud'), rules.audience)
}

function checkAudience (aud: unknown, allowed: readonly string[]): void {
  const named: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!named.some((one) => includes(allowed, one))) throw new TokenRefused('aud is not allowed')
}

function includes (allowed: readonly unknown[], value: unknown): boolean {
  return allowed.includes(value)
}

function userIdOf (read: Read): string {
  // `sub` is looked at even beside a userId: a malformed one says that the issuer is not the one we think it is.
  const subject = read('sub') === undefined ? undefined : text(read, 'sub')
  if (subject !== undefined && read('userId') === undefined) return subject
  return text(read, 'userId')
}

function text (read: Read, name: string): string {
  const value = read(name)
  if (typeof value !== 'string' || value === '') throw new TokenRefused(`${name} has to be a string that is not empty`)
  if (value.length > MAX_TEXT_LENGTH) throw new TokenRefused(`${name} is longer than ${MAX_TEXT_LENGTH} characters`)
  if (CONTROL.test(value)) throw new TokenRefused(`${name} has control characters`)
  return value
}

function optionalText (read: Read, name: string): string | null {
  return (read(name) ?? null) === null ? null : text(read, name)
}

function roleOf (read: Read): Role {
  const role = read('role') ?? 'user'
  if (!ROLES.includes(role)) throw new TokenRefused('role is unknown')
  return role as Role
}

function agentOf (read: Read): Identity['agent'] {
  const agent = read('agent') ?? null
  if (agent !== null && !AGENTS.includes(agent)) throw new TokenRefused('agent is unknown')
  return agent as Identity['agent']
}

function tokenDates (read: Read): Dates {
  return { issuedAt: date(read, 'iat', 1000), notBefore: date(read, 'nbf', 1000), expiresAt: date(read, 'exp', 1000) }
}

function identityDates (read: Read): Dates {
  return { issuedAt: date(read, 'issuedAt', 1), notBefore: date(read, 'notBefore', 1), expiresAt: date(read, 'expiresAt', 1) }
}

function date (read: Read, name: string, unitMs: number): number | null {
  const value = read(name)
  // null is how an Identity says "none"; in a token it is a fault of the issuer.
  if (value === undefined || (value === null && unitMs === 1)) return null
  if (typeof value !== 'number' || !(value >= 0 && value * unitMs <= MAX_DATE_MS)) throw new TokenRefused(`${name} is not a date`)
  return value * unitMs
}

function checkDates ({ issuedAt, notBefore, expiresAt }: Dates, rules: ClaimRules): void {
  const { nowMs = Date.now(), clockToleranceMs = CLOCK_TOLERANCE_MS, vouchedFor = false } = rules
  if (expiresAt === null && !vouchedFor) throw new TokenRefused('exp is required')
  if (issuedAt === null && !vouchedFor) throw new TokenRefused('iat is required')
  if (expiresAt !== null && expiresAt + clockToleranceMs <= nowMs) throw new TokenRefused('the token has expired')
  if (issuedAt !== null && issuedAt - clockToleranceMs > nowMs) throw new TokenRefused('the token comes from the future')
  if (issuedAt !== null && rules.maxAgeMs !== undefined && issuedAt + rules.maxAgeMs + clockToleranceMs <= nowMs) throw new TokenRefused('the token is too old')
  if (notBefore !== null && notBefore - clockToleranceMs > nowMs) throw new TokenRefused('the token is not valid yet')
}
