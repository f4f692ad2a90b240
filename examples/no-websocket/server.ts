/** A server that is reached through something that lets no WebSocket pass, as many a company's proxy. */
import { randomBytes } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import Fastify from 'fastify'
import mse from 'fastify-mse'
import { Alarm, Measured } from './contracts.ts'

const secret = process.env['JWT_SECRET'] ?? randomBytes(32).toString('hex')
const app = Fastify()

// In place of that proxy.
app.addHook('onRequest', async (request, reply) => {
  if (request.headers.upgrade !== undefined) return await reply.code(403).send()
})

await app.register(mse, { jwt: { secret } })
let count = 0
app.mse.method(Measured, ({ celsius }, { session }) => {
  if (celsius > 30) session.notify(Alarm, { text: `${celsius} degrees are too many` })
  return { count: ++count }
})

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 8080) })
console.log(`url    ${address}/mse`)
console.log(`token  ${createSigner({ key: secret, algorithm: 'HS256', expiresIn: 3_600_000 })({ userId: 'thermometer', roomId: 'kitchen' })}`)
