// Ours with the embedded engine, on loopback.
import Fastify from 'fastify'
import mse from '../../../dist/index.js'
import { weriftEngine } from '../../../dist/lib/media/werift/index.js'
import { answerCommands, measurements, settings } from '../commands.js'

const engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'], viewerAfterMs: 0, ...settings.engine })
const app = Fastify()
await app.register(mse, { jwt: { secret: settings.secret }, engine })
await app.listen({ host: '127.0.0.1', port: 0 })
answerCommands({ ...measurements, port: () => app.server.address().port, stats: () => engine.stats() })
