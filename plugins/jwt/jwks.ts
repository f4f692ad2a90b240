import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import type { FetchImplementation } from 'jose'
import type { Clock } from '../../lib/util/clock.ts'
import { checkNames, integer, RULE_NAMES, texts } from './check.ts'
import { BadJwtOptionError, InsecureJwksError, NoKeyError } from './errors.ts'
import type { JwksOptions } from './options.ts'
import type { ClaimSource, SourceContext } from './source.ts'

/** Claims of tokens that were signed with one of the keys that an issuer publishes. Where a token says that its key is does not matter. */
export function jwksSource (options: JwksOptions, { clock, clockToleranceMs }: SourceContext): ClaimSource {
  checkNames(options, [...RULE_NAMES, 'jwks', 'algorithms', 'cooldownMs', 'cacheMaxAgeMs', 'timeoutMs', 'dangerouslyAllowInsecureJwks'])
  const algorithms = checkAlgorithms(texts('algorithms', options.algorithms) ?? ASYMMETRIC)
  const keys = createRemoteJWKSet(jwksUrl(options), {
    cooldownDuration: integer('cooldownMs', options.cooldownMs, { min: 0, max: 86_400_000, default: 30_000 }),
    cacheMaxAge: integer('cacheMaxAgeMs', options.cacheMaxAgeMs, { min: 1_000, max: 86_400_000, default: 600_000 }),
    timeoutDuration: integer('timeoutMs', options.timeoutMs, { min: 1, max: 60_000, default: 5_000 }),
    [customFetch]: restingFetch(clock)
  })
  const verify = async (token: string): Promise<unknown> => {
    const rules = { algorithms: [...algorithms], clockTolerance: clockToleranceMs / 1000, currentDate: new Date(clock.now()) }
    return (await jwtVerify(token, keys, rules)).payload
  }
  return { verify, requiredClaims: [] }
}

const ASYMMETRIC: readonly string[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** After a failed fetch, for how long tokens are refused without another. jose rests after a success only. */
const REST_AFTER_FAILURE_MS = 1_000

function checkAlgorithms (wanted: readonly string[]): readonly string[] {
  const wrong = wanted.find((name) => !ASYMMETRIC.includes(name))
  if (wrong === undefined) return wanted
  throw new BadJwtOptionError(`algorithms has to name some of ${ASYMMETRIC.join(', ')}, got ${JSON.stringify(wrong)}`)
}

function jwksUrl (options: JwksOptions): URL {
  if (options.jwks === undefined || options.jwks === '') throw new NoKeyError()
  if (!URL.canParse(String(options.jwks))) throw new BadJwtOptionError('jwks has to be an absolute URL')
  const url = new URL(options.jwks)
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && (isLoopback(url.hostname) || options.dangerouslyAllowInsecureJwks === true))
  if (!safe) throw new InsecureJwksError(url.origin === 'null' ? url.protocol : url.origin)
  return url
}

function isLoopback (hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** A fetch that leaves an issuer alone for a moment after it failed: tokens of strangers must not hammer it. */
function restingFetch (clock: Clock): FetchImplementation {
  let restUntil = 0
  return async (url, options) => {
    if (clock.now() < restUntil) throw new Error('the issuer did not give its keys a moment ago')
    try {
      const response = await fetch(url, options)
      restUntil = response.ok ? 0 : clock.now() + REST_AFTER_FAILURE_MS
      return response
    } catch (error) {
      restUntil = clock.now() + REST_AFTER_FAILURE_MS
      throw error
    }
  }
}
