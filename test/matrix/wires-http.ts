/** The client's end of the faces that are made of requests: POST alone, or beside a stream of events, or beside polls. */
import { Frames } from './frames.ts'
import type { Wire } from './wires.ts'

/** What carries the server's messages to a client that posts: nothing, a stream, or polls. */
export type Downstream = 'post' | 'events' | 'poll'

/** What a client knows that was not told a code: a stream says only whether to come back, a poll not even that. */
export const NO_CODE = 1006

export interface HttpWireOptions {
  readonly url: string
  readonly downstream: Downstream
  /** Resolves when a poll of that session waits at the server, which no client can see: what comes while none waits at a session's end is lost. */
  readonly isPolled: (session: string) => Promise<void>
}

/** A client that speaks HTTP. */
export function httpWire (options: HttpWireOptions): Wire {
  const client = new HttpClient(options)
  return {
    send: (input) => client.send(input),
    next: () => client.frames.next(),
    closed: client.frames.closed,
    codeOf: (code) => options.downstream === 'events' && (code === 1000 || code >= 4500) ? code : NO_CODE,
    stall: () => { client.isStalled = true },
    leave: () => client.leave()
  }
}

class HttpClient {
  readonly frames = new Frames()
  isStalled = false
  readonly #options: HttpWireOptions
  readonly #abort = new AbortController()
  #session = ''
  /** What the client has got, as it says when it comes back. */
  #position = ''
  #seq = 1
  #tail: Promise<void> = Promise.resolve()

  constructor (options: HttpWireOptions) {
    this.#options = options
  }

  /** Without a session each body waits for the answer to the one before it, which may name the session; then numbers keep the order. */
  send (input: string | Uint8Array): void {
    this.#tail = this.#tail.then(() => this.#session === '' ? this.#postFirst(input) : this.#postNumbered(input)).catch(() => this.frames.close(NO_CODE))
  }

  leave (): void {
    this.#abort.abort()
  }

  async #postFirst (input: string | Uint8Array): Promise<void> {
    const response = await this.#post(input, {})
    const text = await response.text()
    const session = response.headers.get('mse-session')
    if (session !== null) {
      this.#session = session
      this.#position = `${response.headers.get('mse-epoch')}.0`
      await this.#openDownstream()
    }
    this.#take(response.status, text)
  }

  /** Goes out without waiting for the one before it. */
  async #postNumbered (input: string | Uint8Array): Promise<void> {
    const seq = this.#seq
    this.#seq += messagesIn(input)
    if (this.#options.downstream === 'poll') await this.#options.isPolled(this.#session)
    const headers = {
      'mse-session': this.#session,
      'mse-seq': String(seq),
      ...(this.#options.downstream === 'post' ? {} : { prefer: 'respond-async' })
    }
    this.#postUntilTaken(input, headers).catch(() => this.frames.close(NO_CODE))
  }

  /** One that came too long before its turn is told so, and comes again. */
  async #postUntilTaken (input: string | Uint8Array, headers: Record<string, string>): Promise<void> {
    let response = await this.#post(input, headers)
    while (response.status === 409) {
      await response.text()
      response = await this.#post(input, headers)
    }
    this.#take(response.status, await response.text())
  }

  #post (input: string | Uint8Array, headers: Record<string, string>): Promise<Response> {
    return fetch(this.#options.url, {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(input as string), signal: this.#abort.signal
    })
  }

  #take (status: number, text: string): void {
    // The session is over: the stream or the next poll says so, too.
    if (status === 404) return
    if (text !== '') this.frames.push(text)
    else if (status >= 400) this.frames.close(NO_CODE)
  }

  async #openDownstream (): Promise<void> {
    const { downstream, isPolled } = this.#options
    const stopped = (): void => this.frames.close(NO_CODE)
    if (downstream === 'post') return
    if (downstream === 'events') return new Promise((resolve) => { this.#stream(resolve).catch(stopped) })
    this.#poll().catch(stopped)
    await isPolled(this.#session)
  }

  #get (accept: string): Promise<Response> {
    return fetch(this.#options.url, { headers: { accept, 'mse-session': this.#session, 'last-event-id': this.#position }, signal: this.#abort.signal })
  }

  async #poll (): Promise<void> {
    for (;;) {
      const response = await this.#get('application/json')
      const text = await response.text()
      if (!response.headers.has('mse-epoch')) return this.frames.close(NO_CODE)
      for (const { id, message } of text === '' ? [] : JSON.parse(text) as Array<{ id: string, message: object }>) {
        this.#position = id
        this.frames.push(JSON.stringify(message))
      }
    }
  }

  /** Comes back when a stream ends without the word that there is no coming back. */
  async #stream (opened: () => void): Promise<void> {
    for (;;) {
      const response = await this.#get('text/event-stream')
      if (response.status !== 200) return this.frames.close(NO_CODE)
      for await (const { event, id, data } of eventsOf(response, () => this.isStalled)) {
        if (event === 'open') opened()
        if (id !== undefined) this.#position = id
        if (event === 'message') this.frames.push(data)
        if (event === 'end') return this.frames.close((JSON.parse(data) as { code: number }).code)
      }
    }
  }
}

/** As many numbers as a body takes. */
function messagesIn (input: string | Uint8Array): number {
  try {
    const value: unknown = JSON.parse(String(typeof input === 'string' ? input : Buffer.from(input)))
    return Array.isArray(value) && value.length > 0 && value.length <= 32 ? value.length : 1
  } catch {
    return 1
  }
}

/** An event, as far as this server writes them: one line of each field. */
export interface ServerEvent { readonly event: string, readonly id: string | undefined, readonly data: string }

/** The events of a stream. */
export async function * eventsOf (response: Response, isStalled: () => boolean = () => false): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body ?? []) {
    if (isStalled()) await new Promise(() => {})
    const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const fields = new Map(part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(': ') + 2)]))
      yield { event: fields.get('event') ?? 'message', id: fields.get('id'), data: fields.get('data') ?? '' }
    }
  }
}
