/**
 * The client without media: for programs that only signal, and for the smallest pages.
 * @module fastify-mse/client/signalling
 */
import type { SignallingClient } from './api.ts'
import { Client } from './client.ts'
import type { ClientOptions } from './options.ts'

/**
 * Opens a session and keeps it, whatever happens to its links.
 * @example const client = createClient({ url: 'https://example.org/mse', getToken: () => fetchToken() })
 * @throws TypeError for an option that makes no sense
 */
export function createClient (options: ClientOptions): SignallingClient {
  return new Client(options)
}

export { ClientError } from './client-error.ts'
export type { ClientErrorReason } from './client-error.ts'
export type { CallOptions, ClientEvents, ContractOf, MseContracts, SignallingClient, Target } from './api.ts'
export type { ClientOptions, ClientState, ResetEvent, SessionEvent, StateEvent, TokenReason, TransportName, WebSocketConstructor, WebSocketLike } from './options.ts'
