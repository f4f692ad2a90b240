import type { FastifyInstance } from 'fastify'
import { CLOCK_TOLERANCE_MS, identityFromClaims, TokenRefused } from '../lib/session/claims.ts'
import type { ClaimRules } from '../lib/session/claims.ts'
import type { Authenticate, Identity } from '../lib/session/identity.ts'
import { systemClock } from '../lib/util/clock.ts'
import type { Clock } from '../lib/util/clock.ts'
import { checkNames, integer, RULE_NAMES, texts } from './jwt/check.ts'
import { BadJwtOptionError } from './jwt/errors.ts'
import { hostSource } from './jwt/host.ts'
import { jwksSource } from './jwt/jwks.ts'
import type { HostOptions, JwksOptions, JwtOptions, SecretOptions, SecretVerifyOptions, TokenRules, VerifyOptions } from './jwt/options.ts'
import { secretSource } from './jwt/secret.ts'
import type { ClaimSource, SourceContext } from './jwt/source.ts'
import { checkTyp } from './jwt/typ.ts'

/** What {@link createAuthenticate} can be told beside the user's options. */
export interface AuthenticateContext {
  /** In development a weak key is warned of, in production it is refused. @default 'production' */
  readonly environment?: 'development' | 'production'
  /** @default the machine's clock */
  readonly clock?: Clock
}

/**
 * Turns the option `jwt` into the function that knows who a token speaks of. It answers at once where the
 * key is at hand, and with a promise for `jwks` and asynchronous `verify` functions.
 *
 * @param app looked at for @fastify/jwt when the options bring no key; nothing is registered on it
 * @throws MSE_ERR_NO_KEY, MSE_ERR_WEAK_KEY, MSE_ERR_BAD_KEY, MSE_ERR_BAD_JWT_OPTION, MSE_ERR_INSECURE_JWKS
 */
export async function createAuthenticate (app: FastifyInstance, options: JwtOptions = {}, context: AuthenticateContext = {}): Promise<Authenticate> {
  if (typeof options !== 'object') throw new BadJwtOptionError('* has to be an object')
  const { clock = systemClock, environment = 'production' } = context
  const clockToleranceMs = toleranceOf(options)
  const source = sourceOf(app, options, { clock, environment, clockToleranceMs, log: app.log })
  const rules = rulesOf(options, source)
  const maxTokenBytes = integer('maxTokenBytes', options.maxTokenBytes, { min: 64, max: 65_536, default: 8_192 })
  const typ = typOf(options)

  const identify = (claims: unknown, token: string): Identity => {
    if (typ !== undefined) checkTyp(token, typ)
    return identityFromClaims(claims, { ...rules, clockToleranceMs, nowMs: clock.now() })
  }
  return (token) => {
    checkSize(token, maxTokenBytes)
    const claims = source.verify(token)
    // Promise.resolve: with a thenable of another library nobody would wait for the outcome.
    return isPromise(claims) ? Promise.resolve(claims).then((settled) => identify(settled, token)) : identify(claims, token)
  }
}

function sourceOf (app: FastifyInstance, options: JwtOptions, context: SourceContext): ClaimSource {
  if (isVerify(options)) {
    if (isSecret(options) || isJwks(options)) throw new BadJwtOptionError('verify is a function beside another key: one of them is the key')
    checkNames(options, [...RULE_NAMES.filter((name) => name !== 'typ'), 'verify'])
    return { verify: options.verify, requiredClaims: [] }
  }
  if (isSecret(options) && isJwks(options)) throw new BadJwtOptionError('secret and jwt.jwks are both set: one of them is the key')
  if (isSecret(options)) return secretSource(options, context)
  if (isJwks(options)) return jwksSource(options, context)
  return hostSource(app, options)
}

// Presence, not truth: a secret that is there and empty has to be refused as a secret.
const isSecret = (options: JwtOptions): options is SecretOptions => Object.hasOwn(options, 'secret')
const isJwks = (options: JwtOptions): options is JwksOptions => Object.hasOwn(options, 'jwks')
const isVerify = (options: JwtOptions): options is VerifyOptions => 'verify' in options && typeof options.verify === 'function'

function rulesOf (options: JwtOptions, source: ClaimSource): ClaimRules {
  const [issuer, audience, domain] = [texts('issuer', options.issuer), texts('audience', options.audience), texts('domain', options.domain)]
  return {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    ...(domain === undefined ? {} : { domain }),
    ...(source.maxAgeMs === undefined ? {} : { maxAgeMs: source.maxAgeMs }),
    requiredClaims: [...source.requiredClaims, ...(texts('requiredClaims', emptyAsAbsent(options.requiredClaims)) ?? [])],
    vouchedFor: isVerify(options)
  }
}

function emptyAsAbsent (list: readonly string[] | undefined): readonly string[] | undefined {
  return Array.isArray(list) && list.length === 0 ? undefined : list
}

function toleranceOf (options: JwtOptions): number {
  const given = options.clockToleranceMs ?? verifyPart(options).clockTolerance
  return integer('clockToleranceMs', given, { min: 0, max: 300_000, default: CLOCK_TOLERANCE_MS })
}

function typOf (options: JwtOptions): string | undefined {
  if (isVerify(options)) return undefined
  const given = options.typ ?? verifyPart(options).checkTyp ?? (isSecret(options) ? options.decode?.checkTyp : undefined)
  return texts('typ', given)?.[0]
}

function verifyPart (options: JwtOptions): SecretVerifyOptions {
  return isSecret(options) ? options.verify ?? {} : {}
}

function checkSize (token: unknown, maxTokenBytes: number): void {
  if (typeof token !== 'string') throw new TokenRefused('the token is not a string')
  if (token.length > maxTokenBytes || Buffer.byteLength(token) > maxTokenBytes) throw new TokenRefused(`the token is longer than ${maxTokenBytes} bytes`)
}

function isPromise (value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

export type { HostOptions, JwksOptions, JwtOptions, SecretOptions, SecretVerifyOptions, TokenRules, VerifyOptions }
