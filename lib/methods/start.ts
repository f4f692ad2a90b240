import type { Handler } from '../core/call.ts'
import type { MseServer } from '../core/server.ts'
import type { Start } from '../protocol/mse.ts'
import type { MediaLegs } from './media-legs.ts'

/** Answered when the engine has taken the session. A second one is answered at once and does nothing. */
export function start (server: MseServer, legs: MediaLegs): Handler<typeof Start> {
  return (_params, { session }) => {
    if (legs.peer(session) !== undefined) return 'started'
    return legs.start(session).then(() => {
      server.emit('started', { session })
      return 'started'
    })
  }
}
