import { createHmac } from 'node:crypto'

/** The HS256 secret of every test that does not care which one it is. */
export const TEST_SECRET = 'a test secret of more than thirty-two bytes'

/** The claims that most tests are about; any other may be named too, and `undefined` leaves a claim out. */
export interface TokenClaims {
  readonly userId?: string | undefined
  readonly roomId?: string | undefined
  /** Seconds since the epoch. @default an hour from now */
  readonly exp?: number | undefined
  /** Seconds since the epoch. @default now */
  readonly iat?: number | undefined
  readonly [claim: string]: unknown
}

/**
 * A token that is good unless its claims say otherwise: HS256, `ada` in `lobby`, valid for an hour.
 *
 * @example makeToken({ userId: 'ada', roomId: 'lobby', role: 'admin' })
 */
export function makeToken (claims: TokenClaims = {}, secret = TEST_SECRET): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return forgeToken({ alg: 'HS256', typ: 'JWT' }, { userId: 'ada', roomId: 'lobby', iat: nowSeconds, exp: nowSeconds + 3_600, ...claims }, hmac(secret))
}

/** Signs `input` (both segments, joined by a dot) and gives the third segment; absent: an empty one. */
export type SignSegment = (input: string) => string

/** A token made by hand, with any header and any payload: what no honest library would sign. A string payload is taken as it is. */
export function forgeToken (header: object, payload: unknown, sign: SignSegment = () => ''): string {
  const segment = (part: unknown): string => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
  const input = `${segment(header)}.${segment(payload)}`
  return `${input}.${sign(input)}`
}

/** Signs as HS256 does, or with another hash. */
export function hmac (secret: string | Buffer, hash = 'sha256'): SignSegment {
  return (input) => createHmac(hash, secret).update(input).digest('base64url')
}
