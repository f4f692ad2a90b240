/** The video room as an application of your own: its page, its tokens, its calls. */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { extname } from 'node:path'
import { createSigner } from 'fast-jwt'
import Fastify from 'fastify'
import mse from 'fastify-mse'
import { weriftEngine } from 'fastify-mse/werift'

const secret = process.env['JWT_SECRET'] ?? randomBytes(32).toString('hex')
const app = Fastify()
await app.register(mse, { jwt: { secret }, engine: weriftEngine() })

// One route per file of the page, and of the client that it imports. Any other way to serve static files does as well, and a bundler makes one file of them.
const pages = new URL('../../../examples/video-room/public/', import.meta.url)
const library = new URL('../', import.meta.resolve('fastify-mse/client'))
const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' }
for (const file of await readdir(pages)) serve(file === 'index.html' ? '/' : `/${file}`, new URL(file, pages))
for (const room of ['client', 'protocol', 'util']) {
  for (const file of await readdir(new URL(`${room}/`, library), { recursive: true })) serve(`/lib/${room}/${file}`, new URL(`${room}/${file}`, library))
}

function serve (route: string, file: URL): void {
  const type = types[extname(file.pathname)]
  if (type === undefined) return
  app.get(route, async (_request, reply) => {
    return reply
      .headers({ 'content-type': type, 'content-security-policy': "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; img-src 'self' data:" })
      .send(createReadStream(file))
  })
}

// The page asks here for its token. Yours knows from a cookie who asks, and decides whether they may enter the room.
const sign = createSigner({ key: secret, algorithm: 'HS256', expiresIn: 3_600_000 })
const name = { type: 'string', minLength: 1, maxLength: 64 }
const body = { type: 'object', required: ['user', 'room'], additionalProperties: false, properties: { user: name, room: name } }

app.post<{ Body: { user: string, room: string } }>('/dev/token', { schema: { body } }, async (request, reply) => {
  if (request.headers.origin !== `${request.protocol}://${request.host}`) return reply.code(403).send({ error: 'only the page of this server gets tokens' })
  const { user, room } = request.body
  return { token: sign({ userId: user, roomId: room, agent: 'web' }), iceServers: [] }
})

const address = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 8080) })
console.log(`open   ${address}/`)
