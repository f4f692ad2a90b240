// A program that closes its client in one state, and should then end by itself: node close-program.ts STATE TRANSPORT URL TOKEN
import { ClientError, createClient } from '../../lib/client/node.ts'
import type { TransportName } from '../../lib/client/options.ts'

const [state = '', transport = '', url = '', token = ''] = process.argv.slice(2)
/** A handshake that never comes to an end. */
class Silent {
  readonly readyState = 0
  readonly protocol = ''
  onopen = null
  onmessage = null
  onclose = null
  onerror = null
  send (): void {}
  close (): void {}
}

const never = new Promise<never>(() => {})
const moving = state === 'moving' ? { transports: ['websocket', transport] as TransportName[], WebSocket: Silent, openTimeoutMs: 1_000, upgradeIntervalMs: 1 } : {}
const client = createClient({ url, transports: [transport as TransportName], getToken: () => state === 'token' ? never : token, ...moving })

const reached = (wanted: string): Promise<void> => new Promise((resolve) => {
  if (client.state === wanted) resolve()
  client.on('state', (event) => { if (event.state === wanted || (wanted === 'paused' && event.retryInMs !== undefined)) resolve() })
})
const call = client.call('hold' as 'ping').then(() => 'answered', (error: unknown) => error instanceof ClientError ? error.reason : String(error))

if (state === 'paused') await reached('paused')
if (['open', 'moving', 'lost'].includes(state)) await reached('open')
// The server of this test cuts the link as soon as it is told to.
if (state === 'lost') {
  client.notify('cut' as 'chat', {} as never)
  await reached('reconnecting')
}
if (state === 'moving') await new Promise((resolve) => { setTimeout(resolve, 50) }) // the next attempt comes after a millisecond
const closes = [client.close(), client.close(), client[Symbol.asyncDispose]()]
console.log(client.state, await call)
await Promise.all(closes)
console.log('closed')
