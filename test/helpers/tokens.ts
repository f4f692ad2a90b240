import { createSigner } from 'fast-jwt'

/** The HS256 secret of every test that does not care which one it is. */
export const TEST_SECRET = 'a test secret of more than thirty-two bytes'

/** The claims that most tests are about; any other may be named too, and `undefined` leaves a claim out. */
export interface TokenClaims {
  readonly userId?: string
  readonly roomId?: string
  /** Seconds since the epoch. @default an hour from now */
  readonly exp?: number
  /** Seconds since the epoch. @default now */
  readonly iat?: number
  readonly [claim: string]: unknown
}

/**
 * A token that is good unless its claims say otherwise: HS256, `ada` in `lobby`, valid for an hour.
 *
 * @example makeToken({ userId: 'ada', roomId: 'lobby', role: 'admin' })
 */
export function makeToken (claims: TokenClaims = {}, secret = TEST_SECRET): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const sign = createSigner({ key: secret, algorithm: 'HS256', noTimestamp: true })
  return sign(withoutUndefined({ userId: 'ada', roomId: 'lobby', iat: nowSeconds, exp: nowSeconds + 3_600, ...claims }))
}

function withoutUndefined (claims: TokenClaims): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}
