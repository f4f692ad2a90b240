import { MseError, tooMany } from '../protocol/errors.ts'
import type { Authenticate, Identity } from '../session/identity.ts'
import { refusedToken } from './refused-token.ts'
import type { MseServer } from './server.ts'

/**
 * Verifies a token that somebody at `address` presents; a promise only where the verification is one.
 * @throws MseError (or rejects with it) `authorizationFailed` for every token that is not good, `tooMany` while too many from there were not
 */
export function verifyToken (server: MseServer, authenticate: Authenticate, token: string, address: string): Identity | Promise<Identity> {
  const retryAfterMs = server.refusedAuths.look(address)
  if (retryAfterMs > 0) {
    server.emit('rejected', { cause: 'attempts', address })
    throw tooMany(retryAfterMs)
  }
  const refuse = (cause: unknown): never => { throw refuseToken(server, address, refusedToken(cause, token)) }
  let identity
  try {
    identity = authenticate(token)
  } catch (cause) {
    return refuse(cause)
  }
  return identity instanceof Promise ? identity.catch(refuse) : identity
}

/** Counts and logs a token that was refused. The answer is the same for every cause; the cause is in the log. */
export function refuseToken (server: MseServer, address: string, reason: string): MseError {
  server.refusedAuths.take(address)
  server.emit('rejected', { cause: 'auth', address })
  server.log.info({ reason, address }, 'a token was refused')
  return new MseError('authorizationFailed')
}
