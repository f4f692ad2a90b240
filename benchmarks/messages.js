/** What the loads send and the servers that have no protocol of ours answer. */
import { tokenFor } from './token.js'

export const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
export const ADD = '{"id":1,"method":"add","jsonrpc":"2.0","params":{"a":1,"b":2}}'
export const BATCH_SIZE = 16
export const BATCH = `[${Array(BATCH_SIZE).fill(PING).join()}]`

const CHAT_TEXT = 'Can everybody see my screen now?'
/** What a member of a room says. */
export const CHAT = JSON.stringify({ method: 'chat', jsonrpc: '2.0', params: { to: [], message: CHAT_TEXT } })
/** What the others get, byte for byte as ours writes it. */
export const CHAT_DELIVERED = JSON.stringify({ id: null, method: 'chat', jsonrpc: '2.0', params: { to: [], message: CHAT_TEXT, from: 'load' } })

/** The request that authenticates; every session is of the same user and room. */
export function authText (secret) {
  return JSON.stringify({ id: 0, method: 'auth', jsonrpc: '2.0', params: { token: tokenFor(secret), version: '1.0' } })
}
