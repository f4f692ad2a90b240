/** MSE in an application that has its own login, routes and WebSockets: nothing of them changes. */
import { Type } from '@sinclair/typebox'
import jwt from '@fastify/jwt'
import websocket from '@fastify/websocket'
import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import mse, { Chat, defineMethod, defineNotification } from 'fastify-mse'
import { weriftEngine } from 'fastify-mse/werift'

const app = Fastify()

// What the application had before. The secret is its own; MSE verifies tokens with whatever is registered here.
await app.register(jwt, { secret: process.env['JWT_SECRET'] ?? randomBytes(32).toString('hex'), sign: { expiresIn: '1h' }, verify: { algorithms: ['HS256'] } })
await app.register(websocket, { options: { maxPayload: 262_144 } })

const roles = new Map([['ada', 'admin'], ['bob', 'user']])
const login = Type.Object({ user: Type.String({ maxLength: 64 }), room: Type.String({ minLength: 1, maxLength: 64 }) })

app.post<{ Body: { user: string, room: string } }>('/login', { schema: { body: login } }, async ({ body }, reply) => {
  const role = roles.get(body.user)
  // A real one asks for a password, and asks somebody whether this user may enter this room.
  if (role === undefined) return reply.code(401).send({ error: 'unknown user' })
  return { token: app.jwt.sign({ userId: body.user, roomId: body.room, role }) }
})

app.get('/me', async (request) => await request.jwtVerify())

app.get('/echo', { websocket: true }, (socket) => {
  socket.on('message', (data) => { socket.send(String(data)) })
})

// What MSE adds. It has no key of its own here and so uses the application's.
await app.register(mse, { engine: weriftEngine() })

const HandRaised = defineNotification({ name: 'handRaised', direction: 'server', params: Type.Object({ user: Type.String(), up: Type.Boolean() }) })
const RaiseHand = defineMethod({ name: 'raiseHand', after: ['start'], params: Type.Object({ up: Type.Boolean() }), result: Type.Boolean() })
const Announce = defineMethod({ name: 'announce', roles: ['admin'], params: Type.Object({ text: Type.String({ maxLength: 1_000 }) }), result: Type.Integer() })

app.mse.method(RaiseHand, ({ up }, { session }) => {
  const { userId = '', roomId = '' } = session.identity ?? {}
  app.mse.room(roomId).notify(HandRaised, { user: userId, up }, { except: session })
  return up
})

app.mse.method(Announce, ({ text }, { session }) => {
  return app.mse.room(session.identity?.roomId ?? '').notify(Chat, { to: [], message: text })
})

// And the other way: a route of the application that speaks to a room.
app.get<{ Params: { id: string } }>('/rooms/:id', { onRequest: async (request) => await request.jwtVerify() }, async ({ params }) => ({ sessions: app.mse.room(params.id).size }))

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 8080) })
console.log(`url    ${address}`)
