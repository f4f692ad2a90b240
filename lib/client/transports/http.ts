import { ClientError, refusedBy } from '../client-error.ts'
import { type Answer, authText, isTokenRefused } from './authenticate.ts'
import type { CarrierHost } from './carrier.ts'

/** For browsers; the types of Node do not know it. */
const NO_CACHE = { cache: 'no-store' }

/** A request that did not do: its error, and whether it was the server who said so. */
export class HttpFailure extends Error {
  readonly error: ClientError
  readonly answered: boolean

  constructor (error: ClientError, answered: boolean) {
    super(error.message)
    this.error = error
    this.answered = answered
  }
}

/** The requests of one attempt; they end with it. */
export class HttpRequests {
  readonly #host: CarrierHost
  readonly #abort = new AbortController()

  constructor (host: CarrierHost) {
    this.#host = host
  }

  get isAborted (): boolean { return this.#abort.signal.aborted }

  /** Ends what is under way. */
  abort (): void {
    this.#abort.abort()
  }

  /** @throws HttpFailure when there is no answer */
  async get (accept: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const { id, position } = this.#host.conversation
    return this.#fetch({ headers: { ...headers, accept, 'mse-session': id, 'last-event-id': position } })
  }

  /** @throws HttpFailure when there is no answer */
  async post (body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.#fetch({ method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  }

  /** Opens a session. @throws HttpFailure */
  async mint (): Promise<void> {
    const token = (reason: 'connect' | 'refused'): Promise<string> =>
      this.#host.token(reason).catch((error: ClientError) => { throw new HttpFailure(error, true) })
    let response = await this.post(authText(await token('connect')))
    let answer = await answerOf(response)
    if (isTokenRefused(answer.error)) {
      response = await this.post(authText(await token('refused')))
      answer = await answerOf(response)
    }
    if (answer.error !== undefined) throw new HttpFailure(withWish(refusedBy(answer.error), response), true)
    const id = response.headers.get('mse-session')
    const epoch = response.headers.get('mse-epoch')
    if (id === null || epoch === null) throw new HttpFailure(new ClientError('link', 'no session in the answer', { code: response.status }), false)
    this.#host.heard()
    this.#host.minted(id, epoch)
  }

  /** Says how far the client is; when that fails the next time does. */
  acknowledge (): void {
    const { id, received } = this.#host.conversation
    this.post('{"jsonrpc":"2.0","method":"$/ack"}', { 'mse-session': id, 'mse-ack': String(received) }).catch(() => {})
  }

  /** Ends the session, even while the page goes away. */
  leave (): void {
    const { id } = this.#host.conversation
    const { fetch, url } = this.#host.settings
    if (id !== '') fetch(url, { method: 'DELETE', keepalive: true, headers: { 'mse-session': id } }).catch(() => {})
  }

  async #fetch (init: RequestInit): Promise<Response> {
    // Not as a method: a browser's own would refuse.
    const { fetch, url } = this.#host.settings
    try {
      return await fetch(url, { ...init, ...NO_CACHE, signal: this.#abort.signal })
    } catch (cause) {
      throw noAnswer(cause)
    }
  }
}

/** The connection failed or broke. */
export function noAnswer (cause: unknown): HttpFailure {
  return new HttpFailure(new ClientError('link', 'the server cannot be reached', { cause }), false)
}

/** Was there a session, and is it over? `null`: it goes on. A poll without news is 204, too, but names the session's epoch. */
export function resetReason ({ status, headers }: Response): 'unknown' | 'expired' | null {
  if (status === 404) return 'unknown'
  return status === 204 && headers.get('mse-epoch') === null ? 'expired' : null
}

/** An answer that is no use. The server's own "later" says when; anything else may be a proxy's. */
export function refusal (response: Response): HttpFailure {
  const error = withWish(new ClientError('link', `HTTP ${response.status}`, { code: response.status }), response)
  return new HttpFailure(error, error.retryAfterMs !== undefined)
}

async function answerOf (response: Response): Promise<Answer> {
  try {
    const answer = await response.json() as Answer
    // Others have an `error` in their JSON, too.
    if (answer.error === undefined ? response.ok : typeof answer.error.code === 'number') return answer
  } catch {
    // Something on the way answered.
  }
  throw refusal(response)
}

function withWish (error: ClientError, { headers }: Response): ClientError {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  if (error.retryAfterMs !== undefined || Number.isNaN(seconds)) return error
  const { reason, message, code, data } = error
  return new ClientError(reason, message, { code, data, retryAfterMs: seconds * 1_000 })
}
