// Ours as it is, from the build; only rates and the sessions of one user are out of reach, and their counters still run.
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import mse, { defineMethod } from '../../dist/index.js'
import { serverReady } from '../measured.js'

const app = Fastify()
await app.register(mse, {
  jwt: { secret: process.env.BENCH_SECRET }, messagesPerSecond: 1e9, messageBurst: 1e9, maxSessionsPerUser: 100_000, maxCallsInFlight: 1_000
})
const Add = defineMethod({ name: 'add', params: Type.Object({ a: Type.Number(), b: Type.Number() }), result: Type.Object({ sum: Type.Number() }) })
app.mse.method(Add, ({ a, b }) => ({ sum: a + b }))
await app.listen({ host: '127.0.0.1', port: 0 })
serverReady(app.server.address().port)
