// @ts-check
/* global location */

/** An MSE call was answered with an error. `code` and `data` are those of the protocol. */
export class CallError extends Error {
  /** @param {{ code: number, message: string, data?: { retryAfterMs?: number } }} error */
  constructor (error) {
    super(error.message)
    this.name = 'CallError'
    this.code = error.code
    this.data = error.data ?? {}
  }
}

/** The WebSocket is gone. `code` is the close code: below 4500 a client may come back. */
export class LinkClosed extends Error {
  /** @param {number} code @param {string} reason */
  constructor (code, reason) {
    super(reason || `closed with ${code}`)
    this.name = 'LinkClosed'
    this.code = code
  }
}

const CALL_TIMEOUT_MS = 20_000
/** Shorter than the 30 s and 60 s after which common proxies drop a silent connection. */
const PING_INTERVAL_MS = 25_000

/** The address of the endpoint, on the page's own origin unless the path is a full URL. @param {string} path */
export function endpointUrl (path) {
  const url = new URL(path, location.href)
  if (url.protocol === 'http:' || url.protocol === 'https:') url.protocol = url.protocol.replace('http', 'ws')
  return url.href
}

/** JSON-RPC 2.0 over one WebSocket. It does not reconnect: a plain MSE 1.0 session ends with its socket. */
export class Signalling {
  /** @type {WebSocket} */ #socket
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void, timer: number }>} */ #calls = new Map()
  #nextId = 1
  #pinging = 0
  #onNotification

  /**
   * @param {string} url
   * @param {(method: string, params: any) => void} onNotification
   */
  constructor (url, onNotification) {
    this.#onNotification = onNotification
    this.#socket = new WebSocket(url, 'mse.v1')
    this.#socket.addEventListener('message', (event) => this.#receive(event.data))
    /** Resolves with the reason; never rejects. @type {Promise<LinkClosed>} */
    this.closed = new Promise((resolve) => {
      this.#socket.addEventListener('close', (event) => resolve(this.#end(event.code, event.reason)))
    })
    /** @type {Promise<void>} */
    this.opened = new Promise((resolve, reject) => {
      this.#socket.addEventListener('open', () => { this.#startPinging(); resolve() })
      this.closed.then(reject)
    })
    this.opened.catch(() => {}) // who awaits it sees the reason; nobody may be awaiting it any more
  }

  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  call (method, params) {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#answer(id, (call) => call.reject(new Error(`${method} was not answered`))), CALL_TIMEOUT_MS)
      this.#calls.set(id, { resolve, reject, timer })
      if (!this.#send({ id, method, params, jsonrpc: '2.0' })) this.#answer(id, (call) => call.reject(new LinkClosed(1006, '')))
    })
  }

  /** @param {string} method @param {object} [params] */
  notify (method, params) {
    this.#send({ id: null, method, params, jsonrpc: '2.0' })
  }

  close () {
    this.#socket.close(1000)
  }

  /** @param {object} message @returns {boolean} whether the socket took it */
  #send (message) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(message))
    return true
  }

  /** @param {unknown} text */
  #receive (text) {
    if (typeof text !== 'string') return
    try {
      const parsed = JSON.parse(text)
      for (const message of Array.isArray(parsed) ? parsed : [parsed]) this.#take(message)
    } catch (error) {
      console.warn('A message of the server could not be handled.', error)
    }
  }

  /** @param {any} message */
  #take (message) {
    if (message.method !== undefined) return this.#onNotification(message.method, message.params ?? {})
    this.#answer(message.id, (call) => message.error ? call.reject(new CallError(message.error)) : call.resolve(message.result))
  }

  /** @param {number} id @param {(call: { resolve: (result: any) => void, reject: (error: Error) => void }) => void} settle */
  #answer (id, settle) {
    const call = this.#calls.get(id)
    if (!call) return
    this.#calls.delete(id)
    clearTimeout(call.timer)
    settle(call)
  }

  /** A browser cannot see WebSocket pings, so only a call of our own finds out that the server is gone. */
  #startPinging () {
    this.#pinging = setInterval(() => {
      this.call('ping').catch((error) => { if (!(error instanceof CallError)) this.close() })
    }, PING_INTERVAL_MS)
  }

  /** @param {number} code @param {string} reason */
  #end (code, reason) {
    clearInterval(this.#pinging)
    const error = new LinkClosed(code, reason)
    for (const id of [...this.#calls.keys()]) this.#answer(id, (call) => call.reject(error))
    return error
  }
}
