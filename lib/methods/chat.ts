import type { NotificationHandler } from '../core/call.ts'
import type { MseServer } from '../core/server.ts'
import { Chat } from '../protocol/mse.ts'

/** Carries a message to the room or to some of its users. The sender learns nothing about who got it. */
export function chat (server: MseServer): NotificationHandler<typeof Chat> {
  return ({ to, message, attachment }, { session }) => {
    const { identity } = session
    if (identity === null) return
    // Whatever the client wrote into `from` is not looked at.
    const sent = { to, message, ...(attachment === undefined ? {} : { attachment }), from: identity.userId }
    server.room(identity.roomId).notify(Chat, sent, to.length === 0 ? { except: session } : { users: to, except: session })
  }
}
