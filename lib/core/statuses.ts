/** Which HTTP status an answer gets, by its error code. */
export type Statuses = Readonly<Record<number, number>>

/** For results, and for errors that are not in the table: the status tells the fate of the transport, the body that of the call. */
export const ANSWERED = 200

/** The default. */
export const TRANSPORT_STATUSES: Statuses = { [-32700]: 400, [-1001]: 400, [-8001]: 429 }

/** With the option `semanticStatus`, for gateways that look at the status alone. */
export const SEMANTIC_STATUSES: Statuses = {
  ...TRANSPORT_STATUSES, [-4001]: 401, [-5001]: 401, [-6001]: 409, [-32601]: 404, [-32602]: 422
}
