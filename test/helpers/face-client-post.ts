import type { FaceClient, Frame } from './face-client.ts'
import type { Body } from './face-client-outgoing.ts'

/** Bodies on their way at the same time: they may overtake one another. */
const MAX_IN_FLIGHT = 3

/** Posts what the client has to send, until it is stopped. */
export class Poster {
  readonly #client: FaceClient
  readonly #onlyReplays: boolean
  readonly #abort = new AbortController()
  #inFlight = 0
  #isPausing = false

  /** @param onlyReplays another face carries what is new: only lost answers are asked for */
  constructor (client: FaceClient, { onlyReplays = false } = {}) {
    this.#client = client
    this.#onlyReplays = onlyReplays
  }

  pump (): void {
    const { outgoing } = this.#client
    while (!this.#abort.signal.aborted && !this.#isPausing && this.#inFlight < MAX_IN_FLIGHT) {
      const body = outgoing.nextReplay() ?? (this.#onlyReplays ? undefined : outgoing.nextBody())
      if (body === undefined) return
      this.#post(body)
    }
  }

  stop (): void {
    this.#abort.abort()
  }

  /** Never rejects. */
  async #post (body: Body): Promise<void> {
    body.isInFlight = true
    this.#inFlight++
    const isDone = await this.#try(body)
    body.isInFlight = false
    this.#inFlight--
    if (isDone) this.#client.outgoing.forget(body)
    else await this.#pause()
    this.pump()
  }

  async #pause (): Promise<void> {
    this.#isPausing = true
    await this.#client.backoff()
    this.#isPausing = false
  }

  /** @returns is there nothing more to hope from this body? */
  async #try (body: Body): Promise<boolean> {
    const client = this.#client
    try {
      const response = await fetch(client.options.url, {
        method: 'POST',
        signal: this.#abort.signal,
        headers: {
          'content-type': 'application/json',
          'mse-session': client.session,
          'mse-seq': String(body.first),
          'mse-ack': String(client.received),
          ...(body.respondAsync ? { prefer: 'respond-async' } : {})
        },
        body: body.text
      })
      const text = await response.text()
      const received = Number(response.headers.get('mse-received'))
      if (![200, 202, 409].includes(response.status)) {
        client.options.onFault(`a POST was answered with ${response.status} ${text}`)
        return true
      }
      client.settle(received)
      if (response.status === 409) return received >= body.first // executed as something else, or its answers are on their way
      if (text !== '') client.takeAnswers(JSON.parse(text) as Frame | Frame[])
      return true
    } catch {
      return false
    }
  }
}
