import type { Call, Handler } from '../core/call.ts'
import { refusedToken } from '../core/refused-token.ts'
import type { MseServer } from '../core/server.ts'
import { closeReason } from '../protocol/close-codes.ts'
import { MseError } from '../protocol/errors.ts'
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
    const refuse = (cause: unknown): never => refuseToken(server, session, refusedToken(cause, token))
    let identity
    try {
      identity = authenticate(token)
    } catch (cause) {
      return refuse(cause)
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
    return refuseToken(server, session, 'the token is another user\'s or another room\'s')
  }
  server.authenticate(session, identity)
  return 'authenticated'
}

/** The answer is the same for every cause; the cause is in the log. */
function refuseToken (server: MseServer, session: Session, reason: string): never {
  const { record } = session
  server.emit('rejected', { cause: 'auth', address: session.address })
  server.log.info({ reason, address: session.address }, 'a token was refused')
  if (session.identity === null && ++record.refusedAuths >= server.limits.maxRefusedAuths) session.finish(closeReason('notAuthenticated'))
  throw new MseError('authorizationFailed')
}
