/** Both ends of a test over real sockets: an app on a port of its own, a client with a queue of frames, and one that writes bytes. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, type Socket, connect } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { type ClientOptions, WebSocket } from 'ws'
import { type MseOptions, mse } from '../../index.ts'
import { watchOfAll } from './secrets-watch.ts'
import { type TokenClaims, TEST_SECRET, makeToken } from './tokens.ts'

/** What {@link startApp} can be told beside the options of the plugin. */
export interface AppOptions {
  readonly fastify?: FastifyServerOptions
  /** Runs before the plugin is registered. */
  readonly before?: (app: FastifyInstance) => unknown
  /** Runs after it. */
  readonly after?: (app: FastifyInstance) => unknown
}

/** An app with the plugin that listens on 127.0.0.1 and is closed with the test. */
export async function startApp (t: Test, options: MseOptions = {}, { fastify, before, after }: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: watchOfAll.log, ...fastify })
  await before?.(app)
  await app.register(mse, { jwt: { secret: TEST_SECRET }, ...options })
  if ('mse' in app) watchOfAll.watch(app)
  await after?.(app)
  return listen(t, app)
}

/** Makes `app` listen on 127.0.0.1 and closes it with the test. */
export async function listen (t: Test, app: FastifyInstance): Promise<FastifyInstance> {
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app
}

/** The port that the app listens on. */
export function portOf (app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port
}

/** How a socket ended. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** An answer or a notification, as far as tests look at it. */
export interface Frame {
  readonly id?: string | number | null
  readonly result?: unknown
  readonly error?: { readonly code: number, readonly message: string, readonly data?: unknown }
  readonly method?: string
  readonly params?: Record<string, unknown>
}

/** What {@link open} can be told. */
export interface OpenOptions extends ClientOptions {
  /** @default '/mse' */
  readonly path?: string
  readonly protocols?: string[]
}

/** A client whose frames wait in a queue: a test waits for a frame, never for a time. */
export class Client {
  readonly socket: WebSocket
  /** Resolves when the socket is closed. */
  readonly closed: Promise<Closed>
  readonly #frames: Frame[] = []
  readonly #waiting: Array<(frame: Frame | null) => void> = []
  #isClosed = false
  #id = 0

  constructor (socket: WebSocket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => {
      watchOfAll.lookAtAnswer('a WebSocket', data.toString())
      this.#push(JSON.parse(data.toString()) as Frame)
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#isClosed = true
        for (const wake of this.#waiting.splice(0)) wake(null)
        resolve({ code, reason: reason.toString() })
      })
    })
  }

  /** The next frame; throws when the socket closes before it comes. */
  async next (): Promise<Frame> {
    const frame = this.#frames.shift() ?? await this.#arrival()
    if (frame === null) throw new Error(`closed with ${JSON.stringify(await this.closed)}`)
    return frame
  }

  send (message: unknown): void {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message))
  }

  /** Sends a request and takes the next frame, which has to be its answer. */
  async call (method: string, params?: object): Promise<Frame> {
    const id = ++this.#id
    this.send({ id, method, jsonrpc: '2.0', ...(params === undefined ? {} : { params }) })
    const frame = await this.next()
    if (frame.id !== id) throw new Error(`not the answer to ${method}: ${JSON.stringify(frame)}`)
    return frame
  }

  auth (claims: TokenClaims = {}, secret = TEST_SECRET): Promise<Frame> {
    return this.call('auth', { token: makeToken(claims, secret), version: '1.0' })
  }

  async close (): Promise<void> {
    this.socket.close()
    await this.closed
  }

  #push (frame: Frame): void {
    const wake = this.#waiting.shift()
    wake === undefined ? this.#frames.push(frame) : wake(frame)
  }

  #arrival (): Promise<Frame | null> {
    if (this.#isClosed) return Promise.resolve(null)
    return new Promise((resolve) => { this.#waiting.push(resolve) })
  }
}

/** A client that is connected. Rejects with the status in its message when the handshake is refused. */
export async function open (app: FastifyInstance, { path = '/mse', protocols = [], ...options }: OpenOptions = {}): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}${path}`, protocols, options)
  const client = new Client(socket)
  await once(socket, 'open')
  return client
}

/** A client that has authenticated. */
export async function join (app: FastifyInstance, claims: TokenClaims = {}, options: OpenOptions = {}): Promise<Client> {
  const client = await open(app, options)
  const { result } = await client.auth(claims)
  if (result !== 'authenticated') throw new Error('auth was refused')
  return client
}

/** A client that writes bytes: what no library would send. */
export class RawClient {
  readonly socket: Socket
  /** Resolves when the server has ended the connection. */
  readonly closed: Promise<void>
  #received: Buffer = Buffer.alloc(0)
  #wake: (() => void) | null = null
  #isOver = false

  /** @param stays the client never ends its side, whatever the server does: destroy `socket` after the test */
  constructor (app: FastifyInstance, { stays = false } = {}) {
    this.socket = connect({ port: portOf(app), host: '127.0.0.1', allowHalfOpen: stays })
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake?.()
    })
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      const over = (): void => {
        this.#isOver = true
        this.#wake?.()
        resolve()
      }
      this.socket.on('end', over).on('close', over)
    })
  }

  write (...parts: Array<string | Buffer>): void {
    this.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))))
  }

  /** The head of the next response: status line and headers. */
  async head (): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end !== -1) {
        const head = this.#received.subarray(0, end).toString()
        this.#received = this.#received.subarray(end + 4)
        return head
      }
      await this.#more('a response')
    }
  }

  /** The next frame from the server; control frames are frames too. */
  async frame (): Promise<{ opcode: number, payload: Buffer }> {
    while (this.#received.length < 2) await this.#more('a frame')
    const short = (this.#received[1] ?? 0) & 0x7f
    const header = short === 126 ? 4 : short === 127 ? 10 : 2
    while (this.#received.length < header) await this.#more('a frame')
    const length = short === 126 ? this.#received.readUInt16BE(2) : short === 127 ? Number(this.#received.readBigUInt64BE(2)) : short
    while (this.#received.length < header + length) await this.#more('a frame')
    const [opcode, payload] = [(this.#received[0] ?? 0) & 0x0f, this.#received.subarray(header, header + length)]
    this.#received = this.#received.subarray(header + length)
    return { opcode, payload }
  }

  /** The code of the close frame that comes next, after whatever else comes. */
  async closeCode (): Promise<number> {
    for (;;) {
      const { opcode, payload } = await this.frame()
      if (opcode === 8) return payload.readUInt16BE(0)
    }
  }

  async #more (what: string): Promise<void> {
    if (this.#isOver) throw new Error(`the server closed before ${what}: ${this.#received.toString()}`)
    await new Promise<void>((resolve) => { this.#wake = resolve })
    this.#wake = null
  }
}

/** A WebSocket handshake as text; a header of `null` is left out. */
export function handshake (app: FastifyInstance, headers: Record<string, string | null> = {}, path = '/mse', method = 'GET'): string {
  const all: Record<string, string | null> = {
    Host: `127.0.0.1:${portOf(app)}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers
  }
  const lines = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** A raw client that is upgraded. */
export async function openRaw (app: FastifyInstance, options: { stays?: boolean } = {}): Promise<RawClient> {
  const raw = new RawClient(app, options)
  raw.write(handshake(app))
  const head = await raw.head()
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(head)
  return raw
}

/** Resolves when the server's end of every connection that it has from now on is gone. Call it before the connections are made. */
export function watchConnections (app: FastifyInstance): () => Promise<unknown> {
  const gone: Array<Promise<unknown>> = []
  app.server.on('connection', (socket: Socket) => { gone.push(new Promise((resolve) => { socket.on('close', resolve) })) })
  return () => Promise.all(gone)
}

/** Opcodes of RFC 6455, 5.2. */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** One frame of a client. The mask is zero, so that the payload stays readable. */
export function frame (opcode: number, payload: string | Buffer = '', { fin = true, masked = true, rsv = 0 } = {}): Buffer {
  const body = Buffer.from(payload)
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const maskBit = masked ? 0x80 : 0
  const header = body.length < 126
    ? Buffer.from([first, maskBit | body.length])
    : Buffer.from([first, maskBit | 127, 0, 0, 0, 0, ...bigEndian(body.length)])
  return Buffer.concat([header, Buffer.alloc(masked ? 4 : 0), body])
}

function bigEndian (size: number): number[] {
  return [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]
}
