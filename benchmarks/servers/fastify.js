// What ours stands on over HTTP: Fastify with its own JSON parser, and nothing on top.
import Fastify from 'fastify'
import { serverReady } from '../measured.js'

const app = Fastify()
app.post('/', async ({ body }) => ({ id: body.id, jsonrpc: '2.0', result: 'pong' }))
await app.listen({ host: '127.0.0.1', port: 0 })
serverReady(app.server.address().port)
