/** A room that says who comes, and has dice. */
import { randomBytes, randomInt } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import Fastify from 'fastify'
import mse from 'fastify-mse'
import { Joined, Roll } from './contracts.ts'

const secret = process.env['JWT_SECRET'] ?? randomBytes(32).toString('hex')
const app = Fastify()

await app.register(mse, { jwt: { secret } })
app.mse.on('session', ({ session, identity: { userId, roomId } }) => app.mse.room(roomId).notify(Joined, { userId }, { except: session }))
app.mse.method(Roll, ({ sides }) => randomInt(1, sides + 1))

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 8080) })
process.once('SIGTERM', () => { app.close().catch(console.error) })

const sign = createSigner({ key: secret, algorithm: 'HS256', expiresIn: 3_600_000 })
console.log(`url    ${address}/mse`)
for (const userId of ['robot', 'ada']) console.log(`${userId.padEnd(6)} ${sign({ userId, roomId: 'lobby' })}`)
