/** A reverse proxy on 127.0.0.1 with the bad habits of real ones: no WebSockets, streams held back, a network that goes away. */
import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer, request } from 'node:http'
import { type AddressInfo, type Socket, connect } from 'node:net'

export interface WebProxyOptions {
  /** Of the server on 127.0.0.1. */
  readonly port: number
  /** Handshakes get a page that says no. @default false */
  readonly refusesWebSockets?: boolean
  /** Answers are passed on only when they are whole, so a stream never is. @default false */
  readonly buffersAnswers?: boolean
}

/** A proxy that runs. */
export class WebProxy {
  /** Requests so far, as `GET text/event-stream`; a handshake is `GET websocket`. */
  readonly requests: string[] = []
  readonly #options: WebProxyOptions
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  #port: number
  #isAway = false

  constructor (options: WebProxyOptions) {
    this.#options = options
    this.#port = options.port
    this.#listener = createServer((request, response) => this.#forward(request, response))
    this.#listener.on('connection', (socket: Socket) => this.#accept(socket))
    this.#listener.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => this.#upgrade(request, socket, head))
  }

  get origin (): string { return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}` }

  async listen (): Promise<this> {
    await once(this.#listener.listen({ host: '127.0.0.1', port: 0 }), 'listening')
    return this
  }

  async close (): Promise<void> {
    const closed = once(this.#listener, 'close')
    this.#listener.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** The server is somewhere else from now on; connections that there are stay. */
  leadTo (port: number): void {
    this.#port = port
  }

  /** The network is gone: nothing moves, and nobody is told. What is connected now is lost for good. */
  goAway (): void {
    this.#isAway = true
    for (const socket of this.#sockets) socket.pause()
  }

  comeBack (): void {
    this.#isAway = false
  }

  #accept (socket: Socket): void {
    this.#watch(socket)
    if (this.#isAway) socket.pause()
  }

  #watch (socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #forward (incoming: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${incoming.method} ${incoming.headers.accept ?? ''}`.trim())
    const { method, url: path, headers } = incoming
    const outgoing = request({ host: '127.0.0.1', port: this.#port, method, path, headers }, (answer) => {
      response.on('close', () => answer.destroy())
      if (this.#options.buffersAnswers !== true) {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        response.flushHeaders()
        answer.pipe(response)
        return
      }
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks)))
    })
    outgoing.on('error', () => response.destroyed || response.headersSent ? response.destroy() : response.writeHead(502).end('<h1>Bad gateway</h1>'))
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }

  #upgrade (incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    this.requests.push(`${incoming.method} websocket`)
    if (this.#options.refusesWebSockets === true) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>Not here</h1>')
      return
    }
    const server = connect({ host: '127.0.0.1', port: this.#port })
    this.#watch(server)
    if (this.#isAway) server.pause()
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`]
    for (let index = 0; index < incoming.rawHeaders.length; index += 2) lines.push(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}`)
    server.write(`${lines.join('\r\n')}\r\n\r\n`)
    server.write(head)
    server.on('close', () => { if (!this.#isAway) socket.end() })
    socket.on('close', () => server.destroy())
    socket.pipe(server)
    server.pipe(socket)
  }
}
