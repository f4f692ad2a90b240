import createError from '@fastify/error'

/** Nothing to verify tokens with: no option, and no @fastify/jwt on the host. */
export const NoKeyError = createError('MSE_ERR_NO_KEY', 'there is no key to verify tokens with: set jwt.secret, jwt.jwks or jwt.verify, or register @fastify/jwt before this plugin')

/** A key that can be guessed or computed. */
export const WeakKeyError = createError<[string]>('MSE_ERR_WEAK_KEY', 'jwt.secret is too weak: %s; set dangerouslyAllowWeakKey to take it all the same')

/** A key that cannot be read, or is of the wrong kind. */
export const BadKeyError = createError<[string]>('MSE_ERR_BAD_KEY', 'jwt.secret cannot be used: %s')

/** An option that is unknown, contradicts another or has a value out of range. */
export const BadJwtOptionError = createError<[string]>('MSE_ERR_BAD_JWT_OPTION', 'jwt.%s')

/** Keys fetched in the clear can be replaced on the way. */
export const InsecureJwksError = createError<[string]>('MSE_ERR_INSECURE_JWKS', 'jwt.jwks has to be an https:// URL (http:// only on loopback), got %s; set dangerouslyAllowInsecureJwks to take it all the same')
