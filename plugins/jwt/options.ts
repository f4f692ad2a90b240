import type { Algorithm, VerifierOptions } from 'fast-jwt'

/** What every source of keys has in common. Text options take one value or several; an empty one is refused at boot. */
export interface TokenRules {
  /** Who may have issued the token (`iss`). @default absent: anybody who has the key */
  readonly issuer?: string | readonly string[]
  /** Whom the token has to be for (`aud`); with it, a token without `aud` is refused. @default absent: not looked at */
  readonly audience?: string | readonly string[]
  /** Which `domain` claims are taken; with it, a token without one is refused. @default absent: any, or none */
  readonly domain?: string | readonly string[]
  /**
   * The `typ` that the header has to have (RFC 8725, 3.11), so that an id token is no access token.
   * Case and a leading `application/` do not matter. Not together with a `verify` function.
   * @default absent: not looked at
   */
  readonly typ?: string
  /** Claims that have to be there beside those that MSE asks for. @default [] */
  readonly requiredClaims?: readonly string[]
  /** How far the issuer's clock may be from ours, in milliseconds; 0: not at all; at most 300_000. @default 5_000 */
  readonly clockToleranceMs?: number
  /** Longer tokens are refused before anything looks into them; bytes, 64..65_536. @default 8_192 */
  readonly maxTokenBytes?: number
}

/** A key of one's own. */
export interface SecretOptions extends TokenRules {
  /**
   * A shared secret (HS256; 32 bytes or more), or a public key in PEM, alone or as `public` beside a `private`
   * one, which is not used here. The algorithms follow from the kind of the key.
   */
  readonly secret: string | Buffer | {
    /** In PEM. */
    readonly public: string | Buffer,
    /** Not used, tokens are not made here. */
    readonly private?: unknown
  }
  /** As in @fastify/jwt; for each `allowed...` the claim has to be there. */
  readonly verify?: SecretVerifyOptions
  /** As in @fastify/jwt. Only `checkTyp` means something here; it is another name of `typ`. */
  readonly decode?: {
    /** Another name of `typ`. */
    readonly checkTyp?: string,
    /** Not used. */
    readonly complete?: boolean
  }
  /** Not used, tokens are not made here: there so that @fastify/jwt and this plugin can share one object. */
  readonly sign?: object
  /**
   * Take a shared secret that is shorter than its hash (RFC 7518, 3.2) or an RSA key below 2,048 bits.
   * In development such keys are taken with a warning.
   * @default false
   */
  readonly dangerouslyAllowWeakKey?: boolean
}

/** The part of @fastify/jwt's `verify` that can be asked for here; anything else is refused at boot. */
export interface SecretVerifyOptions extends Pick<VerifierOptions, 'allowedAud' | 'allowedIss' | 'allowedSub' | 'allowedJti' | 'allowedNonce' | 'allowedCritHeaders' | 'cache' | 'cacheTTL' | 'checkTyp' | 'requiredClaims'> {
  /** Signature algorithms that are taken; they have to fit the key. @default HS256, or what the public key can do */
  readonly algorithms?: Algorithm[]
  /** How old a token may be, in seconds since `iat` (a number, as in @fastify/jwt). @default absent: until `exp` */
  readonly maxAge?: number
  /** In milliseconds; another name of `clockToleranceMs`. */
  readonly clockTolerance?: number
}

/** Keys that an issuer publishes. */
export interface JwksOptions extends TokenRules {
  /** Where the keys are, e.g. `https://issuer/.well-known/jwks.json`. Nothing is fetched before the first token. */
  readonly jwks: string | URL
  /** Signature algorithms that are taken; symmetric ones are refused at boot. @default RS, PS, ES of 256, 384, 512 and EdDSA */
  readonly algorithms?: readonly string[]
  /** After a fetch, an unknown `kid` does not cause another for this long; milliseconds. 0: each one does. @default 30_000 */
  readonly cooldownMs?: number
  /** Keys are fetched anew after this long, so that a revoked one ends; milliseconds. @default 600_000 */
  readonly cacheMaxAgeMs?: number
  /** A fetch that takes longer has failed; milliseconds, 1..60_000. @default 5_000 */
  readonly timeoutMs?: number
  /** Take an `http://` URL that is not on loopback. @default false */
  readonly dangerouslyAllowInsecureJwks?: boolean
}

/** Tokens of any form, verified by the application. */
export interface VerifyOptions extends Omit<TokenRules, 'typ'> {
  /**
   * Gives the claims of a good token (or an `Identity`) and throws for any other. `exp` and `iat` may be
   * absent; when they are there they are checked as always.
   */
  readonly verify: (token: string) => object | Promise<object>
}

/** Rules on top of the @fastify/jwt that the host has registered. Its `trusted` and `formatUser` need a request and do not run. */
export interface HostOptions extends TokenRules {
  /** With one the host's @fastify/jwt is not asked: {@link SecretOptions}. */
  readonly secret?: never
  /** With one the host's @fastify/jwt is not asked: {@link JwksOptions}. */
  readonly jwks?: never
  /** With one the host's @fastify/jwt is not asked: {@link VerifyOptions}. */
  readonly verify?: never
}

/** Where the keys come from, and what else a token has to be. */
export type JwtOptions = SecretOptions | JwksOptions | VerifyOptions | HostOptions
