/** What is not answered is at least counted. Every figure since the server started. */
export interface Counters {
  /** Texts and batch members that were no message. */
  faults: number
  /** Answers that a client sent although nothing was asked. */
  strayResponses: number
  /** Calls that were refused with an MSE error. */
  errors: number
  /** Notifications among them: nobody was told. */
  refusedNotifications: number
  /** Messages refused with -8001. */
  refusedByLimit: number
  /** Handlers that failed with something of their own. */
  internalErrors: number
}

export function newCounters (): Counters {
  return { faults: 0, strayResponses: 0, errors: 0, refusedNotifications: 0, refusedByLimit: 0, internalErrors: 0 }
}
