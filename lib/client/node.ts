/** The client in Node: the same, with `ws` for a WebSocket that can be let go of at once. */
import { WebSocket } from 'ws'
import { type MseClient, type MseClientOptions, createClient as createBrowserClient } from './index.ts'

/** As in browsers, but `ws` is the WebSocket unless another one is given. */
export function createClient (options: MseClientOptions): MseClient {
  return createBrowserClient({ WebSocket, ...options })
}

export { ClientError } from './client-error.ts'
