/** Logs two users in, and lets one raise a hand and the other announce something: `node client.js <url>`, as the server prints it. */
import { on, once } from 'node:events'
import { WebSocket } from 'ws'

const [url = ''] = process.argv.slice(2)
const socketUrl = url.replace('http', 'ws')

async function login (user: string): Promise<string> {
  const response = await fetch(`${url}/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user, room: 'lobby' }) })
  return (await response.json() as { token: string }).token
}

async function connect (path: string): Promise<WebSocket> {
  const socket = new WebSocket(`${socketUrl}${path}`)
  await once(socket, 'open')
  return socket
}

/** The next message with this `id` or `method`; the server may say other things meanwhile, such as an offer after `start`. */
async function heard (socket: WebSocket, wanted: { id?: string, method?: string }): Promise<string> {
  for await (const [data] of on(socket, 'message')) {
    const message = JSON.parse(String(data)) as { id?: unknown, method?: unknown }
    if (wanted.id === undefined ? message.method === wanted.method : message.id === wanted.id) return String(data)
  }
  throw new Error('the connection ended')
}

async function ask (socket: WebSocket, method: string, params: object = {}): Promise<string> {
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: method, method, params }))
  return await heard(socket, { id: method })
}

async function join (user: string): Promise<WebSocket> {
  const socket = await connect('/mse')
  await ask(socket, 'auth', { token: await login(user), version: '1.0' })
  return socket
}

// The application's own face goes on as before.
const me = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${await login('ada')}` } })
console.log('me       ', await me.text())
const echo = await connect('/echo')
echo.send('echo')
console.log('echo     ', String((await once(echo, 'message'))[0]))
echo.close()

const [ada, bob] = [await join('ada'), await join('bob')]
console.log('too early', await ask(bob, 'raiseHand', { up: true }))
await ask(bob, 'start')
const hand = heard(ada, { method: 'handRaised' })
console.log('raised   ', await ask(bob, 'raiseHand', { up: true }))
console.log('ada hears', await hand)
console.log('not bob  ', await ask(bob, 'announce', { text: 'lunch' }))

const announced = heard(bob, { method: 'chat' })
ada.send(JSON.stringify({ jsonrpc: '2.0', id: null, method: 'announce', params: { text: 'lunch' } }))
console.log('bob hears', await announced)

ada.close()
bob.close()
