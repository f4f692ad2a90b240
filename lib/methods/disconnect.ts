import type { NotificationHandler } from '../core/call.ts'
import { closeReason } from '../protocol/close-codes.ts'
import type { Disconnect } from '../protocol/mse.ts'

/** Ends the session, after the answer where one was asked for. */
export const disconnect: NotificationHandler<typeof Disconnect> = (_params, { session }) => {
  session.finish(closeReason('ended'))
}
