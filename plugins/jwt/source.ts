import type { Clock } from '../../lib/util/clock.ts'
import type { Logger } from '../../lib/util/logger.ts'

/** Where verified claims come from. What they say is checked by the caller; only what needs the key is checked here. */
export interface ClaimSource {
  /** The claims of a token with a good signature; throws or rejects for any other. */
  readonly verify: (token: string) => unknown
  /** Claims that have to be there because this source was told what to expect in them. */
  readonly requiredClaims: readonly string[]
  /** How old a token may be since its `iat`. */
  readonly maxAgeMs?: number | undefined
}

/** What the host of the sources gives them. */
export interface SourceContext {
  readonly clock: Clock
  readonly log: Logger
  /** Keys that can be guessed are refused in production and warned of in development. */
  readonly environment: 'development' | 'production'
  readonly clockToleranceMs: number
}

/** The claims that fast-jwt compares with an `allowed...` option, but only if the token has them. */
export const ALLOWED_CLAIMS = { allowedAud: 'aud', allowedIss: 'iss', allowedSub: 'sub', allowedJti: 'jti', allowedNonce: 'nonce' } as const

/** What has to be in a token for `allowedAud` and its kin to mean anything. */
export function claimsBehind (verify: object | undefined): string[] {
  const set = verify as Readonly<Record<string, unknown>> | undefined
  return Object.entries(ALLOWED_CLAIMS).filter(([option]) => set?.[option] !== undefined).map(([, claim]) => claim)
}
