/** A reverse proxy on 127.0.0.1 that does what a test tells it, request by request. */
import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer, request } from 'node:http'
import { type AddressInfo, type Socket, connect } from 'node:net'
import type { Test } from 'tap'

export interface UpgradeWays {
  /** Passes it on. */
  pass (): void
  /** Passes the handshake on, and nothing after it: not what the client says, or neither. */
  passHandshake (swallows: 'up' | 'down' | 'both'): void
}

export class Gateway {
  /** `POST`, `GET text/event-stream`, `GET websocket` and the like, in order. */
  readonly requests: string[] = []
  /** Connections so far. */
  connections = 0
  /** Is every connection and request turned away? */
  isAway = false
  /** What comes is taken, and leads nowhere. */
  isMute = false
  onRequest: (incoming: IncomingMessage, response: ServerResponse, pass: () => void) => void = (_incoming, _response, pass) => pass()
  onUpgrade: (socket: Socket, ways: UpgradeWays) => void = (_socket, { pass }) => pass()
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  readonly #gone: Array<() => void> = []
  readonly #seen: Array<() => void> = []
  #port: number

  constructor (port: number) {
    this.#port = port
    this.#listener = createServer((incoming, response) => this.#take(incoming, response))
    this.#listener.on('connection', (socket: Socket) => this.#accept(socket))
    this.#listener.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#note('GET websocket')
      // HTTP leaves its sockets half open.
      socket.on('end', () => socket.destroy())
      this.onUpgrade(socket, {
        pass: () => this.#tunnel(incoming, socket, head, { up: true, down: true }),
        passHandshake: (swallows) => this.#tunnel(incoming, socket, head, { up: swallows === 'down', down: swallows === 'up' })
      })
    })
  }

  /** In front of the server at this address; closed with the test. */
  static async start (t: Test, serverUrl: string): Promise<Gateway> {
    const gateway = new Gateway(Number(new URL(serverUrl).port))
    await once(gateway.#listener.listen({ host: '127.0.0.1', port: 0 }), 'listening')
    t.teardown(() => gateway.close())
    return gateway
  }

  get url (): string { return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}/mse` }

  async close (): Promise<void> {
    if (!this.#listener.listening) return
    const closed = once(this.#listener, 'close')
    this.#listener.close()
    this.cutAll()
    await closed
  }

  /** The server is somewhere else from now on; connections that there are stay. */
  leadTo (serverUrl: string): void {
    this.#port = Number(new URL(serverUrl).port)
  }

  cutAll (): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Resolves when no connection is left. */
  async isIdle (): Promise<void> {
    while (this.#sockets.size > 0) await new Promise<void>((resolve) => { this.#gone.push(resolve) })
  }

  /** Resolves when there have been so many requests of that kind. */
  async seen (kind: string, times = 1): Promise<void> {
    while (this.requests.filter((each) => each === kind).length < times) await new Promise<void>((resolve) => { this.#seen.push(resolve) })
  }

  #note (kind: string): void {
    this.requests.push(kind)
    for (const wake of this.#seen.splice(0)) wake()
  }

  #accept (socket: Socket): void {
    this.connections++
    this.#watch(socket)
    if (this.isAway) socket.destroy()
  }

  #watch (socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      for (const wake of this.#gone.splice(0)) wake()
    })
  }

  #take (incoming: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = incoming
    this.#note(method === 'GET' ? `GET ${headers.accept}` : String(method))
    if (!this.isMute) this.onRequest(incoming, response, () => this.#forward(incoming, response))
  }

  #forward (incoming: IncomingMessage, response: ServerResponse): void {
    const { method, url: path, headers } = incoming
    const outgoing = request({ host: '127.0.0.1', port: this.#port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      answer.on('data', (chunk) => { if (!this.isMute) response.write(chunk) })
      answer.on('end', () => response.end())
      answer.on('error', () => response.destroy())
      response.on('close', () => answer.destroy())
    })
    outgoing.on('error', () => response.headersSent ? response.destroy() : response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'))
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }

  #tunnel (incoming: IncomingMessage, client: Socket, head: Buffer, passes: { up: boolean, down: boolean }): void {
    const server = connect({ host: '127.0.0.1', port: this.#port })
    this.#watch(server)
    const lines = [`GET ${incoming.url} HTTP/1.1`]
    for (let index = 0; index < incoming.rawHeaders.length; index += 2) lines.push(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}`)
    server.write(`${lines.join('\r\n')}\r\n\r\n`)
    server.write(head)
    server.once('data', (handshake) => {
      const end = handshake.indexOf('\r\n\r\n') + 4
      client.write(passes.down ? handshake : handshake.subarray(0, end))
      server.on('data', (chunk) => { if (passes.down && !this.isMute) client.write(chunk) })
    })
    client.on('data', (chunk) => { if (passes.up && !this.isMute) server.write(chunk) })
    server.on('close', () => client.end())
    client.on('close', () => server.destroy())
  }
}
