import type { Timer } from '../../util/clock.ts'
import type { ResetEvent } from '../options.ts'
import type { Carrier, CarrierHost } from './carrier.ts'
import { numberOf } from './events.ts'
import { HttpCarrier } from './http-carrier.ts'
import { noAnswer, refusal, resetReason } from './http.ts'

/** The first poll asks only whether the way is open, and must not wait for news (RFC 7240, section 4.3). */
const AT_ONCE = { prefer: 'wait=0' }

/** One item of an answer. */
interface Polled {
  readonly id: string
  readonly message?: unknown
  readonly reset?: ResetEvent['reason']
}

/** A session over polls, with POST beside them: for ways on which even a stream is held back. */
export function connectPoll (host: CarrierHost): Carrier {
  return new PollCarrier(host)
}

class PollCarrier extends HttpCarrier {
  #timer: Timer | null = null

  protected async receive (): Promise<ResetEvent['reason']> {
    for (let isFirst = true; ; isFirst = false) {
      const response = await this.requests.get('application/json', isFirst ? AT_ONCE : {})
      this.host.heard()
      const over = resetReason(response)
      if (over !== null) return over
      if (!response.ok) throw refusal(response)
      const items = response.status === 204 ? [] : await itemsOf(response)
      const reset = items.find((item) => item.reset !== undefined)?.reset
      if (reset !== undefined) {
        this.requests.leave()
        return reset
      }
      const received = Number(response.headers.get('mse-received') ?? 0)
      if (isFirst) this.opened(received)
      else this.host.settle(received)
      for (const { id, message } of items) this.host.take(message, numberOf(id))
      while (this.host.isMoving) await this.#pause()
    }
  }

  override drop (): void {
    this.#timer?.cancel()
    super.drop()
  }

  /** A better link may have the session already and be about to say so: another poll would take it back. */
  #pause (): Promise<void> {
    const { clock, minBackoffMs } = this.host.settings
    return new Promise((resolve) => { this.#timer = clock.after(minBackoffMs, resolve) })
  }
}

async function itemsOf (response: Response): Promise<Polled[]> {
  try {
    return await response.json() as Polled[]
  } catch (cause) {
    throw noAnswer(cause)
  }
}
