import { createVerifier } from 'fast-jwt'
import { checkNames, RULE_NAMES } from './check.ts'
import { BadJwtOptionError, WeakKeyError } from './errors.ts'
import { verificationKey } from './key.ts'
import type { VerificationKey } from './key.ts'
import type { SecretOptions, SecretVerifyOptions } from './options.ts'
import { ALLOWED_CLAIMS, claimsBehind } from './source.ts'
import type { ClaimSource, SourceContext } from './source.ts'

/**
 * Claims of tokens that were signed with a key of `jwt.secret`. Verified with a verifier of our own, not with a
 * second @fastify/jwt: its decorators would collide with the host's, and with those of another instance.
 */
export function secretSource (options: SecretOptions, context: SourceContext): ClaimSource {
  checkNames(options, [...RULE_NAMES, 'secret', 'verify', 'decode', 'sign', 'dangerouslyAllowWeakKey'])
  const verify = options.verify ?? {}
  checkVerify(verify)
  const key = verificationKey(options.secret, verify.algorithms)
  checkStrength(key, options, context)
  return { verify: verifierOf(key, verify), maxAgeMs: maxAgeOf(verify), requiredClaims: [...claimsBehind(verify), ...(verify.requiredClaims ?? [])] }
}

const VERIFY_NAMES = [
  ...Object.keys(ALLOWED_CLAIMS), 'algorithms', 'allowedCritHeaders', 'cache', 'cacheTTL', 'checkTyp', 'clockTolerance', 'maxAge', 'requiredClaims'
]

function checkVerify (verify: SecretVerifyOptions): void {
  checkNames(verify, VERIFY_NAMES, 'verify.')
  for (const name of Object.keys(ALLOWED_CLAIMS) as Array<keyof typeof ALLOWED_CLAIMS>) {
    // fast-jwt takes an empty value for "do not look".
    if (isEmpty(verify[name])) throw new BadJwtOptionError(`verify.${name} is empty`)
  }
}

function maxAgeOf ({ maxAge }: SecretVerifyOptions): number | undefined {
  if (maxAge === undefined) return undefined
  if (typeof maxAge === 'number' && maxAge > 0 && Number.isFinite(maxAge)) return maxAge * 1000
  throw new BadJwtOptionError(`verify.maxAge has to be a number of seconds above 0, got ${JSON.stringify(maxAge)}`)
}

function isEmpty (value: unknown): boolean {
  return value === '' || value === null || (Array.isArray(value) && (value.length === 0 || value.some((one) => !one)))
}

function checkStrength (key: VerificationKey, options: SecretOptions, { environment, log }: SourceContext): void {
  if (key.weakness === null || options.dangerouslyAllowWeakKey === true) return
  if (environment === 'production') throw new WeakKeyError(key.weakness)
  log.warn({ weakness: key.weakness }, 'jwt.secret is too weak for production, which will refuse to boot with it')
}

function verifierOf ({ key, algorithms }: VerificationKey, options: SecretVerifyOptions): (token: string) => unknown {
  const { maxAge: _maxAge, checkTyp: _typ, requiredClaims: _required, clockTolerance: _tolerance, ...rest } = options
  try {
    return createVerifier({
      ...rest,
      key,
      algorithms,
      // The dates of all sources are checked in one place, by one clock.
      ignoreExpiration: true,
      ignoreNotBefore: true
    })
  } catch (error) {
    throw new BadJwtOptionError(`verify: ${error instanceof Error ? error.message : String(error)}`)
  }
}
