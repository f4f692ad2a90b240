/** The rights that a token can give. */
export type Role = 'user' | 'admin' | 'super'

/** Who a session belongs to, taken from its token. Plain data. */
export interface Identity {
  readonly userId: string
  readonly roomId: string
  /** `user` when the token names none. */
  readonly role: Role
  readonly domain: string | null
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
