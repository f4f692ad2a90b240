import type { ResetEvent } from '../options.ts'
import { Acknowledger } from './acknowledger.ts'
import type { Carrier, CarrierHost } from './carrier.ts'
import { EventStreamParser, type StreamedEvent } from './event-stream.ts'
import { HttpCarrier } from './http-carrier.ts'
import { noAnswer, refusal, resetReason } from './http.ts'

/** A session over a stream of server-sent events, with POST beside it. */
export function connectEvents (host: CarrierHost): Carrier {
  return new EventsCarrier(host)
}

class EventsCarrier extends HttpCarrier {
  /** A stream has no way back: what is acknowledged beside it is what the server does not drop in a burst. */
  readonly #acknowledger = new Acknowledger(this.host.settings.clock, () => this.requests.acknowledge())

  override drop (): void {
    super.drop()
    this.#acknowledger.stop()
  }

  protected async receive (): Promise<ResetEvent['reason']> {
    this.host.isAsking = true
    const response = await this.requests.get('text/event-stream')
    const over = resetReason(response)
    if (over !== null) return over
    const type = response.headers.get('content-type') ?? ''
    if (response.status !== 200 || response.body === null || !type.startsWith('text/event-stream')) throw refusal(response)
    let lost: ResetEvent['reason'] | null = null
    // What comes after a gap is of no use.
    const parser = new EventStreamParser((event) => { lost ??= this.#take(event) })
    const reader = response.body.getReader()
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => { throw noAnswer(cause) })
      if (done) throw noAnswer(null)
      this.host.heard()
      parser.push(value)
      if (lost !== null) {
        this.requests.leave()
        return lost
      }
    }
  }

  /** @returns why the session cannot go on, if it cannot */
  #take ({ event, id, data }: StreamedEvent): ResetEvent['reason'] | null {
    const content = JSON.parse(data) as { resumed: boolean, received: number, reason: ResetEvent['reason'], code: number }
    if (event === 'message') {
      this.host.take(content, numberOf(id))
      this.#acknowledger.took(1, data.length)
    } else if (event === 'reset') return content.reason
    else if (event === 'end') this.ended(content.code)
    else if (event !== 'open') this.host.control(event, content)
    else if (content.resumed) this.opened(content.received)
    return null
  }
}

/** The number in a position. */
export function numberOf (id: string): number {
  return Number(id.slice(id.lastIndexOf('.') + 1))
}
