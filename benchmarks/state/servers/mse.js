// Ours as it is, from the build. Only what would stop a load generator is out of reach: rates, and the buffer of a slow reader.
import Fastify from 'fastify'
import mse, { Chat } from '../../../dist/index.js'
import { answerCommands, measurements, settings } from '../commands.js'
import { inTurns } from './turns.js'

const app = Fastify()
await app.register(mse, {
  jwt: { secret: settings.secret }, messagesPerSecond: 1e9, messageBurst: 1e9, maxBufferedBytes: 1e8, stallTimeoutMs: 60_000, pollTimeoutMs: 600_000, ...settings.options
})
await app.listen({ host: '127.0.0.1', port: 0 })

answerCommands({
  ...measurements,
  port: () => app.server.address().port,
  sessions: () => app.mse.sessions.size,
  links: () => app.mse.openLinks,
  /** A session that can resume would outlive its link. */
  endAll: () => { for (const session of app.mse.sessions.values()) session.end({ code: 1000, name: 'ended', text: '' }) },
  /** Tells a room something so many times, each in a turn of its own. */
  notify: ({ room, times }) => inTurns(times, (number) => { app.mse.room(room).notify(Chat, { to: [], message: `number ${number}`, from: 'server' }) })
})
