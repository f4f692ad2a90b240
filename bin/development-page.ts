import { readdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { extname } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { mint } from './mint.ts'
import { PACKAGE_ROOT } from './package.ts'

/** What the page of a development server needs. */
export interface DevelopmentPageOptions {
  /** What tokens are signed with. */
  readonly secret: string
  /** The endpoint's path, for the page to know. */
  readonly path: string
  /** The name or address that the server was told to listen on. */
  readonly host: string
}

/**
 * The video room page at `/` and `POST /dev/token`, which gives a token to whoever asks. For development alone:
 * the one who registers this sees to that.
 */
export async function developmentPage (app: FastifyInstance, options: DevelopmentPageOptions): Promise<void> {
  app.addHook('onSend', async (_request, reply) => { reply.headers(HEADERS) })
  // Fastify takes text/plain too, which another page may send without a preflight.
  app.removeContentTypeParser('text/plain')
  await servePages(app, options.path)
  app.post<{ Body: TokenRequest }>('/dev/token', { schema: TOKEN_SCHEMA, bodyLimit: 1_024, onRequest: guard(options.host) }, async (request) => {
    const { user, room } = request.body
    return { token: mint(options.secret, { user, room, agent: 'web', expiresInSeconds: 3_600 }), iceServers: [] }
  })
}

interface TokenRequest { readonly user: string, readonly room: string }

const PAGES = new URL('examples/video-room/public/', PACKAGE_ROOT)
/** The client that the page runs on, compiled and otherwise as it is: plain ES modules, in the rooms of lib that are safe in browsers. */
const LIBRARY = new URL('dist/lib/', PACKAGE_ROOT)
const ROOMS = ['client', 'protocol', 'util'] as const

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml'
}

const HEADERS = {
  'content-security-policy': "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob: mediastream:; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store'
} as const

// The names end up in an SDP and on the page: short, and without control characters.
const NAME = { type: 'string', minLength: 1, maxLength: 64, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$' } as const
const TOKEN_SCHEMA = { body: { type: 'object', additionalProperties: false, required: ['user', 'room'], properties: { user: NAME, room: NAME } } } as const

/** One route per file that is there at boot: a path can name nothing else. The contents are read anew each time, for whoever edits them. */
async function servePages (app: FastifyInstance, path: string): Promise<void> {
  const withPath = (text: string): string => text.replace('<meta name="mse-path" content="/mse">', `<meta name="mse-path" content="${path}">`)
  for (const file of await readdir(PAGES)) {
    if (file === 'index.html') serveFile(app, '/', new URL(file, PAGES), withPath)
    else serveFile(app, `/${file}`, new URL(file, PAGES))
  }
  for (const room of ROOMS) {
    const files = await readdir(new URL(`${room}/`, LIBRARY), { recursive: true })
    for (const file of files.map((name) => `${room}/${name.replaceAll('\\', '/')}`)) {
      if (file.endsWith('.js')) serveFile(app, `/lib/${file}`, new URL(file, LIBRARY))
    }
  }
}

function serveFile (app: FastifyInstance, route: string, file: URL, edit = (text: string): string => text): void {
  const type = TYPES[extname(file.pathname)]
  if (type === undefined) return
  app.get(route, async (_request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    reply.header('content-type', type)
    return edit(await readFile(file, 'utf8'))
  })
}

/**
 * Keeps the pages of others from fetching a token. JSON alone already needs a preflight, which is never answered;
 * `Origin` stops what gets past that, and the name in `Host` stops DNS rebinding: an address cannot be rebound.
 */
function guard (boundTo: string) {
  const onLoopback = isLoopback(boundTo)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { origin } = request.headers
    const host = hostnameOf(request.headers.host ?? '')
    const ours = isLoopback(host) || (!onLoopback && (isIP(host) !== 0 || host === boundTo.toLowerCase()))
    // On loopback only this machine can ask, with curl too. Elsewhere it has to be the page.
    const asked = origin === undefined ? onLoopback : origin === `${request.protocol}://${request.headers.host}`
    return ours && asked ? undefined : await reply.code(403).send({ error: 'only the page of this server gets tokens' })
  }
}

function isLoopback (host: string): boolean {
  return host === 'localhost' || host === '::1' || host.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(host)
}

function hostnameOf (host: string): string {
  const text = `http://${host}`
  return URL.canParse(text) ? new URL(text).hostname.replace(/^\[|\]$/g, '') : ''
}
