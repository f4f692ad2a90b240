/** The smallest server: signalling, rooms, chat and media on one port. */
import { randomBytes } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import Fastify from 'fastify'
import mse from 'fastify-mse'
import { weriftEngine } from 'fastify-mse/werift'

const secret = process.env['JWT_SECRET'] ?? randomBytes(32).toString('hex')
const app = Fastify()

await app.register(mse, { jwt: { secret }, engine: weriftEngine() })
const address = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 8080) })

// Elsewhere your login makes these; it needs to know the secret, and nothing else of this server.
const token = createSigner({ key: secret, algorithm: 'HS256', expiresIn: 3_600_000 })({ userId: 'ada', roomId: 'lobby' })
console.log(`url    ${address.replace('http', 'ws')}/mse`)
console.log(`token  ${token}`)
