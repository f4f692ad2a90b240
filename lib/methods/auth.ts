import type { Call, Handler } from '../core/call.ts'
import type { MseServer } from '../core/server.ts'
import { refuseToken, verifyToken } from '../core/verify-token.ts'
import { closeReason } from '../protocol/close-codes.ts'
import { MSE_ERRORS, MseError } from '../protocol/errors.ts'
import { type Auth, PROTOCOL_VERSIONS } from '../protocol/mse.ts'
import type { Authenticate, Identity } from '../session/identity.ts'
import type { Session } from '../session/session.ts'

/** Presents a token. Stays synchronous when the verification does. */
export function auth (server: MseServer, authenticate: Authenticate): Handler<typeof Auth> {
  return ({ token, version }, call) => {
    const { session } = call
    if (!PROTOCOL_VERSIONS.includes(version)) {
      throw new MseError('invalidParams', { path: '/version', reason: 'Unsupported protocol version', supported: PROTOCOL_VERSIONS })
    }
    const accept = (identity: Identity): 'authenticated' => acceptIdentity(server, call, identity)
    const refuse = (error: unknown): never => countRefusal(server, session, error)
    let identity
    try {
      identity = verifyToken(server, authenticate, token, session.address)
    } catch (error) {
      return refuse(error)
    }
    return identity instanceof Promise ? identity.then(accept, refuse) : accept(identity)
  }
}

function acceptIdentity (server: MseServer, { session, isOverdue }: Call, identity: Identity): 'authenticated' {
  // Nobody would know of a session, or of a token, that came behind the answer to its `auth`.
  if (session.isOver || isOverdue) throw new MseError('authorizationFailed')
  const known = session.identity
  // A refresh may not carry the session to another user, and not to a room that it has not joined.
  if (known !== null && (known.userId !== identity.userId || known.roomId !== identity.roomId)) {
    throw refuseToken(server, session.address, 'the token is another user\'s or another room\'s')
  }
  server.authenticate(session, identity)
  return 'authenticated'
}

/** Who has not authenticated has only so many tries. */
function countRefusal (server: MseServer, session: Session, error: unknown): never {
  const isRefused = error instanceof MseError && error.code === MSE_ERRORS.authorizationFailed.code
  if (isRefused && session.identity === null && ++session.record.refusedAuths >= server.limits.maxRefusedAuths) session.finish(closeReason('notAuthenticated'))
  throw error
}
