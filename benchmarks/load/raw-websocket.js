import { connect } from 'node:net'
import { FrameCounter, firstFrame, frameOf } from './frames.js'

/** All sockets read into the same memory, one after the other: nothing is allocated for what is only counted. */
const memory = Buffer.allocUnsafe(65_536)

/** The key is that of RFC 6455, section 1.3: no server minds that it is always the same. */
const UPGRADE = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']

/** A WebSocket on a raw socket: it reads its first answers, and only counts the later ones. */
export class RawWebSocket {
  #socket
  #counter = null
  #onCount = null
  #received = Buffer.alloc(0)
  #wake = null
  #failure = null

  /** Resolves once it is upgraded. `protocol` is the subprotocol to offer. */
  static async open ({ port, path = '/', protocol }) {
    const one = new RawWebSocket(port)
    const offer = protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]
    one.write([`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...UPGRADE, ...offer, '', ''].join('\r\n'))
    const head = await one.#until((data) => data.indexOf('\r\n\r\n') + 4, 4)
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(head)
    return one
  }

  constructor (port) {
    const onread = { buffer: memory, callback: (length) => { this.#read(memory.subarray(0, length)) } }
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread })
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the server has closed a WebSocket')))
  }

  write (data) {
    this.#socket.write(data)
  }

  /** Sends a text and waits for the next one. @throws Error when it does not have the word in it */
  async ask (text, word = '') {
    this.write(frameOf(text))
    const answer = await this.next()
    if (!answer.includes(word) || answer.includes('"error"')) throw new Error(`${text} was answered ${answer}`)
    return answer
  }

  /** The next text. */
  async next () {
    for (;;) {
      let isText = false
      const text = await this.#until((data) => {
        const frame = firstFrame(data)
        isText = frame?.isText ?? false
        return frame === null ? 0 : frame.end
      }, 1, (data) => data.toString('utf8', firstFrame(data).start))
      if (isText) return text
    }
  }

  /** From now on texts are only counted; each has as many bytes as `sample`. `onCount` is told how many came at once. */
  count (sample, onCount) {
    this.#counter = new FrameCounter(Buffer.byteLength(sample))
    this.#onCount = onCount
    if (this.#received.length > 0) this.#read(this.#received)
  }

  /** Goes away without a word, as a network does. */
  destroy () {
    this.#socket.removeAllListeners('close').destroy()
  }

  #read (chunk) {
    if (this.#onCount !== null) {
      const texts = this.#counter.count(chunk)
      if (texts > 0) this.#onCount(texts)
      return
    }
    this.#received = Buffer.concat([this.#received, chunk])
    this.#wake?.()
  }

  /** Takes as many bytes from what has come as `lengthOf` says, once it says at least `least`. */
  async #until (lengthOf, least, textOf = (data) => data.toString('latin1')) {
    for (;;) {
      if (this.#failure !== null) throw this.#failure
      const length = lengthOf(this.#received)
      if (length >= least) {
        const taken = this.#received.subarray(0, length)
        this.#received = this.#received.subarray(length)
        return textOf(taken)
      }
      await new Promise((resolve) => { this.#wake = resolve })
    }
  }

  /** Under load there is nobody to tell: the run is void. */
  #fail (error) {
    if (this.#onCount !== null) throw error
    this.#failure ??= error
    this.#wake?.()
  }
}
