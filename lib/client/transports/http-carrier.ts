import { ClientError } from '../client-error.ts'
import type { ResetEvent } from '../options.ts'
import type { Carrier, CarrierHost } from './carrier.ts'
import { HttpFailure, HttpRequests, noAnswer } from './http.ts'
import { Poster } from './poster.ts'

/** What POST with events and POST with polls have in common: how a session is opened, sent to and left. */
export abstract class HttpCarrier implements Carrier {
  protected readonly host: CarrierHost
  /** Of the present session; those of an earlier one must not reach into it. */
  protected requests: HttpRequests
  #poster: Poster
  #isOver = false

  constructor (host: CarrierHost) {
    this.host = host
    this.requests = new HttpRequests(host)
    this.#poster = this.#makePoster()
    // Anything else than a failure is something on the way that does not speak the protocol.
    this.#run().catch((cause: unknown) => this.#fail(cause instanceof HttpFailure ? cause : noAnswer(cause)))
  }

  pump (): void {
    this.#poster.pump()
  }

  leave (): void {
    this.requests.leave()
  }

  drop (): void {
    this.#isOver = true
    this.#stop()
  }

  /**
   * Brings the server's messages until the session cannot go on.
   * @returns why it cannot, if it was lost
   * @throws HttpFailure
   */
  protected abstract receive (): Promise<ResetEvent['reason']>

  /** The server has spoken. */
  protected opened (received: number): void {
    this.#poster.start(received)
    this.host.opened(received)
  }

  /** Throws what ends the attempt by the server's own word. */
  protected ended (code: number): never {
    throw new HttpFailure(new ClientError('link', 'the server ended the link', { code }), true)
  }

  async #run (): Promise<void> {
    while (!this.#isOver) {
      if (this.host.conversation.id === '') await this.requests.mint()
      const reason = await this.receive()
      this.#stop()
      if (this.#isOver || !this.host.reset(reason)) return
      this.requests = new HttpRequests(this.host)
      this.#poster = this.#makePoster()
    }
  }

  #makePoster (): Poster {
    return new Poster(this.host, this.requests, (failure) => this.#fail(failure))
  }

  #stop (): void {
    this.#poster.stop()
    this.requests.abort()
  }

  #fail ({ error, answered }: HttpFailure): void {
    if (this.#isOver) return
    this.drop()
    this.host.fail(error, answered)
  }
}
