/** HTTP as bytes: what no client library would send, and the answers as they come. */
import { type Socket, connect } from 'node:net'

/** One answer. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One connection on which bytes are written. */
export class RawHttp {
  readonly socket: Socket
  /** Resolves when the server has ended the connection. */
  readonly closed: Promise<void>
  #received: Buffer = Buffer.alloc(0)
  #isOver = false
  #wake = (): void => {}

  constructor (port: number) {
    this.socket = connect({ port, host: '127.0.0.1' })
    this.socket.on('error', () => {}).on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#isOver = true
        this.#wake()
        resolve()
      })
    })
  }

  write (...parts: Array<string | Buffer>): this {
    this.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))))
    return this
  }

  /** The next answer, its body included; null when the server has ended the connection without one. */
  async next (): Promise<RawAnswer | null> {
    for (;;) {
      const answer = this.#take()
      if (answer !== null) return answer
      if (this.#isOver) return null
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }

  /** Every answer until the server ends the connection. */
  async all (): Promise<RawAnswer[]> {
    const answers: RawAnswer[] = []
    for (let answer = await this.next(); answer !== null; answer = await this.next()) answers.push(answer)
    return answers
  }

  /** From our side. */
  async end (): Promise<void> {
    this.socket.destroy()
    await this.closed
  }

  #take (): RawAnswer | null {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return null
    const [first = '', ...lines] = this.#received.subarray(0, end).toString('latin1').split('\r\n')
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
    const length = Number(headers['content-length'] ?? 0)
    if (this.#received.length < end + 4 + length) return null
    const body = this.#received.subarray(end + 4, end + 4 + length).toString()
    this.#received = this.#received.subarray(end + 4 + length)
    return { status: Number(first.split(' ')[1]), headers, body }
  }
}

/** One request, and every answer until the connection ends: the request asks for that. */
export async function exchange (port: number, request: string | Buffer): Promise<RawAnswer[]> {
  return new RawHttp(port).write(request).all()
}

/** A POST of a JSON text as bytes. A header of null is left out. */
export function postText (body: string | Buffer, headers: Readonly<Record<string, string | null>> = {}, path = '/mse'): Buffer {
  const all = { host: 'localhost', 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers }
  const lines = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), Buffer.from(body)])
}
