import { TokenRefused } from '../../lib/session/claims.ts'

/**
 * Compares the `typ` of a token whose signature is good already (RFC 8725, 3.11).
 *
 * @throws TokenRefused for another one, or none
 */
export function checkTyp (token: string, expected: string): void {
  const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString())
  const typ: unknown = typeof header === 'object' && header !== null && Object.hasOwn(header, 'typ') ? Reflect.get(header, 'typ') : undefined
  if (typeof typ !== 'string' || normal(typ) !== normal(expected)) throw new TokenRefused('typ is not the one that is asked for')
}

/** A media type may leave out `application/` (RFC 7515, 4.1.9). */
const normal = (typ: string): string => typ.toLowerCase().replace(/^application\//, '')
