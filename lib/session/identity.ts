/** The rights that a token can give. */
export type Role = 'user' | 'admin' | 'super'

/** Who a session belongs to, taken from its token. Plain data. */
export interface Identity {
  /** The token's `userId`, or its `sub`; several sessions may have the same. */
  readonly userId: string
  /** The one room that the token is for. */
  readonly roomId: string
  /** `user` when the token names none. */
  readonly role: Role
  /** The token's `domain`; null when it has none. */
  readonly domain: string | null
  /** What kind of client the token is for; null when it does not say. */
  readonly agent: 'web' | 'mobile' | null
  /** Milliseconds since the epoch; null when the token has no `iat`. */
  readonly issuedAt: number | null
  /** Milliseconds since the epoch; null when the token has no `nbf`. */
  readonly notBefore: number | null
  /** Milliseconds since the epoch; null: does not expire (only a `verify` function can say so). */
  readonly expiresAt: number | null
}

/** Turns a token into an identity; throws (or rejects) for every token that is not good. The cause is for the log alone. */
export type Authenticate = (token: string) => Identity | Promise<Identity>
