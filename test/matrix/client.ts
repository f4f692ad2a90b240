import type { Test } from 'tap'
import type { Wire } from './wires.ts'

/** A message as a test looks at it. */
export interface Frame {
  readonly jsonrpc?: unknown
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly code?: unknown, readonly message?: unknown, readonly data?: unknown }
}

/** A client that speaks JSON-RPC by hand: nothing between a test and the wire. */
export class Client {
  readonly wire: Wire
  #lastId = 1_000

  constructor (wire: Wire) {
    this.wire = wire
  }

  /** The code with which the server closed. */
  get closed (): Promise<number> { return this.wire.closed }

  /** A string or bytes as they are, anything else as JSON. */
  send (input: unknown): void {
    this.wire.send(typeof input === 'string' || input instanceof Uint8Array ? input : JSON.stringify(input))
  }

  /** The text of the next frame. */
  async nextText (): Promise<string> {
    const text = await this.wire.next()
    if (text === null) throw new Error(`the server closed with ${await this.wire.closed}`)
    return text
  }

  /** The next frame. */
  async next<T = Frame> (): Promise<T> {
    return JSON.parse(await this.nextText()) as T
  }

  /** Sends and waits for the next frame. */
  async exchange<T = Frame> (input: unknown): Promise<T> {
    this.send(input)
    return this.next<T>()
  }

  /** Sends a notification, as the seed writes it. */
  tell (method: string, params?: object): void {
    this.send({ id: null, method, jsonrpc: '2.0', ...(params === undefined ? {} : { params }) })
  }

  /** Sends a request without waiting. @returns its id */
  request (method: string, params?: unknown): number {
    const id = ++this.#lastId
    this.send({ id, method, jsonrpc: '2.0', ...(params === undefined ? {} : { params }) })
    return id
  }

  /** Sends a request and waits for the next frame, which has to be its answer. */
  async call (method: string, params?: unknown): Promise<Frame> {
    const id = this.request(method, params)
    const frame = await this.next()
    if (frame.id !== id) throw new Error(`not the answer to ${method}: ${JSON.stringify(frame)}`)
    return frame
  }

  /** As {@link call}, for a request that has to succeed. @returns its result */
  async succeed (method: string, params?: unknown): Promise<unknown> {
    const frame = await this.call(method, params)
    if (frame.error !== undefined) throw new Error(`${method} failed: ${JSON.stringify(frame.error)}`)
    return frame.result
  }

  /** As {@link call}, for a request that has to fail. @returns its error */
  async fail (method: string, params?: unknown): Promise<NonNullable<Frame['error']>> {
    const frame = await this.call(method, params)
    if (frame.error === undefined) throw new Error(`${method} succeeded: ${JSON.stringify(frame.result)}`)
    return frame.error
  }

  /** Nothing has come and nothing will for what was sent so far: the next frame answers a ping that is sent now. */
  async isSilent (t: Test, message = 'nothing came'): Promise<void> {
    const id = this.request('ping')
    t.strictSame(await this.next(), { id, jsonrpc: '2.0', result: 'pong' }, message)
  }

  /** The server closes without another frame. */
  async isClosed (t: Test, code: number): Promise<void> {
    t.equal(await this.wire.next(), null, 'no frame before the close')
    t.equal(await this.closed, this.wire.codeOf?.(code) ?? code, `closed with ${code}`)
  }
}
