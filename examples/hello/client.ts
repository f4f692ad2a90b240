/** Every step of MSE 1.0 by hand: `node client.js <url> <token>`, as the server prints them. Ends when its own chat message is back. */
import { once } from 'node:events'
import { WebSocket } from 'ws'

const [url = '', token = ''] = process.argv.slice(2)

/** A connection that asks one thing at a time. */
async function connect (): Promise<{ ask: (method: string, params?: object) => Promise<unknown>, tell: (method: string, params: object) => void, hear: () => Promise<string>, end: () => void }> {
  const socket = new WebSocket(url, 'mse.v1')
  await once(socket, 'open')
  const hear = async (): Promise<string> => String((await once(socket, 'message'))[0])
  const ask = async (method: string, params?: object): Promise<unknown> => {
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: method, method, params }))
    const answer = JSON.parse(await hear()) as { result?: unknown, error?: { message: string } }
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
    return answer.result
  }
  const tell = (method: string, params: object): void => socket.send(JSON.stringify({ jsonrpc: '2.0', id: null, method, params }))
  return { ask, tell, hear, end: () => tell('disconnect', {}) }
}

const speaker = await connect()
console.log(await speaker.ask('ping'))
console.log(await speaker.ask('auth', { token, version: '1.0' }))
console.log(await speaker.ask('start'))

// A second connection, for the speaker does not hear itself.
const listener = await connect()
await listener.ask('auth', { token, version: '1.0' })
const heard = listener.hear()
speaker.tell('chat', { to: [], message: 'hello' })
console.log(await heard)

speaker.end()
listener.end()
