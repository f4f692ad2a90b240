import { connect } from 'node:net'

const EVENT_END = '\n\n'
const NEW_LINE = 10
const memory = Buffer.allocUnsafe(65_536)

/** A stream of server-sent events on a raw socket. Chunks need no parser: no size of one has two line feeds in a row. */
export class RawStream {
  #received = ''
  #wake = null
  #onCount = null
  #endsInNewLine = false

  /** Resolves when the stream is open. */
  static async open ({ port, path }, headers) {
    const stream = new RawStream()
    const onread = { buffer: memory, callback: (length) => { stream.#read(memory.subarray(0, length)) } }
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread })
    socket.on('error', (error) => { throw error })
    socket.on('close', () => { throw new Error('the server has ended a stream') })
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n${linesOf(headers)}\r\n`)
    const head = await stream.#until('\r\n\r\n')
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(head)
    return stream
  }

  /** A connection for requests that are made beforehand and whose answers nobody reads. @returns a function that sends one */
  static poster ({ port, path }, headers, body) {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.resume()
    const request = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${linesOf(headers)}\r\n${body}`
    return () => socket.write(request)
  }

  /** The next event that has data of JSON-RPC. */
  async next () {
    for (;;) {
      const event = await this.#until(EVENT_END)
      if (event.includes('"jsonrpc"')) return event.trimEnd()
    }
  }

  /** From now on events are only counted. */
  count (_sample, onCount) {
    this.#onCount = onCount
  }

  #read (chunk) {
    if (this.#onCount === null) {
      this.#received += chunk.toString('latin1')
      return this.#wake?.()
    }
    const events = this.#eventsIn(chunk)
    if (events > 0) this.#onCount(events)
  }

  #eventsIn (chunk) {
    let events = this.#endsInNewLine && chunk[0] === NEW_LINE ? 1 : 0
    for (let at = chunk.indexOf(EVENT_END); at !== -1; at = chunk.indexOf(EVENT_END, at + 2)) events++
    this.#endsInNewLine = chunk.at(-1) === NEW_LINE
    return events
  }

  async #until (mark) {
    for (;;) {
      const at = this.#received.indexOf(mark)
      if (at !== -1) {
        const taken = this.#received.slice(0, at + mark.length)
        this.#received = this.#received.slice(at + mark.length)
        return taken
      }
      await new Promise((resolve) => { this.#wake = resolve })
    }
  }
}

function linesOf (headers) {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
}
