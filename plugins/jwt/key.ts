import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import type { Algorithm } from 'fast-jwt'
import { BadJwtOptionError, BadKeyError, NoKeyError } from './errors.ts'
import type { SecretOptions } from './options.ts'

/** A key that signatures are checked with, and with which algorithms. */
export interface VerificationKey {
  readonly key: string | Buffer
  readonly algorithms: Algorithm[]
  /** Why the key can be guessed or computed; null when it is strong. */
  readonly weakness: string | null
}

/**
 * The key of `jwt.secret`, with algorithms that always are named: a verifier that derives them by itself takes
 * HS512 for an HS256 secret.
 *
 * @param wanted `jwt.verify.algorithms`
 */
export function verificationKey (secret: SecretOptions['secret'], wanted: readonly string[] | undefined): VerificationKey {
  const pair = typeof secret === 'object' && secret !== null && !Buffer.isBuffer(secret)
  const key = pair ? secret.public : secret
  // What an unset variable of the environment looks like.
  if (key === undefined || key === null || key === '') throw new NoKeyError()
  if ((typeof key !== 'string' && !Buffer.isBuffer(key)) || key.length === 0) throw new BadKeyError('it has to be a string or a buffer that is not empty; a function goes into jwt.verify')
  if (PEM.test(key.toString('latin1'))) return publicKey(key, wanted)
  if (pair) throw new BadKeyError('public has to be a public key in PEM')
  return sharedSecret(key, wanted)
}

const PEM = /-----BEGIN [A-Z0-9 ]+-----/
const HMAC_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 }
const RSA: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const CURVES: Readonly<Record<string, Algorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
const MIN_RSA_BITS = 2_048

function sharedSecret (key: string | Buffer, wanted: readonly string[] | undefined): VerificationKey {
  if (isBarePublicKey(key)) throw new BadKeyError('it is a public key without PEM armour, which everybody knows')
  // With only HS algorithms named, fast-jwt takes a published JWK for a secret; without them it refuses (GHSA-g3jj-5cmm-3hxx).
  readable(() => createVerifier({ key }))
  const algorithms = chosen(wanted ?? ['HS256'], Object.keys(HMAC_BYTES) as Algorithm[])
  const bytes = Buffer.byteLength(key)
  const needed = Math.max(...algorithms.map((name) => HMAC_BYTES[name] ?? 0))
  return { key, algorithms, weakness: bytes < needed ? `${bytes} bytes, ${algorithms.join(' and ')} needs ${needed}` : null }
}

function publicKey (pem: string | Buffer, wanted: readonly string[] | undefined): VerificationKey {
  const text = pem.toString('latin1')
  if (text.includes('PRIVATE KEY-----')) throw new BadKeyError('it is a private key; tokens are verified with the public one')
  const parsed = readable(() => createPublicKey(text.slice(text.search(PEM))))
  const possible = algorithmsOf(parsed)
  const bits = parsed.asymmetricKeyDetails?.modulusLength
  const weakness = bits !== undefined && bits < MIN_RSA_BITS ? `${bits} bits, RSA needs ${MIN_RSA_BITS}` : null
  // In one spelling, whatever armour or text around it the user's file had.
  const key = parsed.export({ type: 'spki', format: 'pem' })
  return { key, algorithms: chosen(wanted ?? possible, possible), weakness }
}

function algorithmsOf (key: KeyObject): readonly Algorithm[] {
  if (key.asymmetricKeyType === 'rsa') return RSA
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA']
  const algorithm = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (algorithm !== undefined) return [algorithm]
  throw new BadKeyError('tokens cannot be verified with a key of this kind')
}

/** What was asked for, as far as the key can do it: never `none`, and never HS with a public key. */
function chosen (wanted: readonly string[], possible: readonly Algorithm[]): Algorithm[] {
  const wrong = wanted.find((name) => !(possible as readonly string[]).includes(name))
  if (wrong !== undefined || wanted.length === 0) {
    throw new BadJwtOptionError(`verify.algorithms has to name some of ${possible.join(', ')}, got ${wrong === undefined ? 'none of them' : JSON.stringify(wrong)}`)
  }
  return [...wanted] as Algorithm[]
}

function isBarePublicKey (key: string | Buffer): boolean {
  const spellings = [Buffer.from(key), Buffer.from(key.toString('latin1'), 'base64')]
  return spellings.some((der) => isDer(der, 'spki') || isDer(der, 'pkcs1'))
}

function isDer (der: Buffer, type: 'spki' | 'pkcs1'): boolean {
  try {
    createPublicKey({ key: der, format: 'der', type })
    return true
  } catch {
    return false
  }
}

function readable<T> (read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new BadKeyError(error instanceof Error ? error.message : String(error))
  }
}
