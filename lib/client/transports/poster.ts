import type { Timer } from '../../util/clock.ts'
import { heeded } from '../backoff.ts'
import type { CarrierHost } from './carrier.ts'
import { type HttpFailure, type HttpRequests, refusal } from './http.ts'

/** Bodies on their way at the same time. Browsers have six connections for a host, one of which brings the server's messages. */
const MAX_IN_FLIGHT = 3
/** A body of notifications has so many at the most, and so many bytes. A call goes alone: the members of a batch wait for each other. */
const MAX_IN_BODY = 32
const MAX_BODY_BYTES = 65_536
/** A body that fails is repeated so often before the link counts as lost. */
const MAX_TRIES = 4

interface Body {
  readonly first: number
  readonly count: number
  readonly text: string
}

/** Takes what the client sends to the server, beside a link that brings the server's messages. */
export class Poster {
  readonly #host: CarrierHost
  readonly #requests: HttpRequests
  readonly #failed: (failure: HttpFailure) => void
  /** Up to which number everything is on its way; -1: not started, or waiting to start again. */
  #posted = -1
  #inFlight = 0
  #maxInBody = MAX_IN_BODY
  /** What went wrong with one of those on their way; the others are waited for. */
  #failure: HttpFailure | null = null
  #tries = 0
  #retry: Timer | null = null

  constructor (host: CarrierHost, requests: HttpRequests, failed: (failure: HttpFailure) => void) {
    this.#host = host
    this.#requests = requests
    this.#failed = failed
  }

  /** The server has everything up to `received`. */
  start (received: number): void {
    this.#posted = received
  }

  pump (): void {
    if (this.#posted < 0) return
    while (this.#inFlight < MAX_IN_FLIGHT) {
      const body = this.#nextBody()
      if (body === undefined) return
      this.#send(body)
    }
  }

  stop (): void {
    this.#posted = -1
    this.#retry?.cancel()
  }

  #nextBody (): Body | undefined {
    const first = this.#posted + 1
    const texts: string[] = []
    let bytes = 0
    for (let entry = this.#host.next(this.#posted); entry !== undefined; entry = this.#host.next(this.#posted)) {
      texts.push(entry.text)
      bytes += entry.bytes
      this.#posted++
      if (entry.id !== null || texts.length === this.#maxInBody || bytes > MAX_BODY_BYTES) break
    }
    if (texts.length === 0) return undefined
    return { first, count: texts.length, text: texts.length === 1 ? String(texts[0]) : `[${texts.join(',')}]` }
  }

  /** Never rejects. */
  #send (body: Body): void {
    const failed = (failure: unknown): void => { this.#failure = failure as HttpFailure }
    this.#post(body).catch(failed).finally(() => this.#settled())
  }

  /** @throws HttpFailure */
  async #post ({ first, count, text }: Body): Promise<void> {
    const { conversation } = this.#host
    this.#inFlight++
    try {
      const response = await this.#requests.post(text, {
        'mse-session': conversation.id,
        'mse-seq': String(first),
        'mse-ack': String(conversation.received),
        prefer: 'respond-async'
      })
      this.#host.heard()
      // What the answers are comes by the other link; here is only told that they will. Without this header it is not the server who answers.
      const received = Number(response.headers.get('mse-received') ?? Number.NaN)
      conversation.outgoing.settle(received)
      if (response.ok && received >= 0) return
      if (response.status === 413) this.#tooBig(first, count)
      throw refusal(response)
    } finally {
      this.#inFlight--
    }
  }

  /** The way may take each of them alone. */
  #tooBig (first: number, count: number): void {
    this.#maxInBody = 1
    if (count === 1) this.#host.tooBig(first)
  }

  #settled (): void {
    if (this.#requests.isAborted) return
    if (this.#failure === null) {
      this.#tries = 0
      return this.pump()
    }
    this.#posted = -1
    if (this.#inFlight === 0) this.#again(this.#failure)
  }

  /** Once nothing is on its way any more, from what the server is known to have: each message is repeated with its own number. */
  #again (failure: HttpFailure): void {
    const { code, retryAfterMs } = failure.error
    if (++this.#tries > MAX_TRIES || code === 404) return this.#failed(failure)
    const { clock, minBackoffMs } = this.#host.settings
    this.#retry = clock.after(Math.max(minBackoffMs / 2 * this.#tries, heeded(retryAfterMs)), () => {
      this.#failure = null
      this.#posted = this.#host.conversation.outgoing.received
      this.pump()
    })
  }
}
