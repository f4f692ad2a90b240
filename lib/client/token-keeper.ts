import type { Clock, Timer } from '../util/clock.ts'
import { ClientError } from './client-error.ts'
import type { ClientOptions, TokenReason } from './options.ts'

export interface TokenKeeperOptions {
  readonly clock: Clock
  readonly getToken: ClientOptions['getToken']
  /** Presents a token on the live session. */
  readonly present: (token: string) => Promise<unknown>
}

/** So long before its end a token is exchanged; one that lives shorter, at half of its life. */
const RENEW_BEFORE_MS = 60_000
const RETRY_MS = 5_000

/** Asks for tokens, and exchanges the present one before it ends. Keeps none. */
export class TokenKeeper {
  readonly #options: TokenKeeperOptions
  #timer: Timer | null = null
  #isRenewing = false
  #isStopped = false

  constructor (options: TokenKeeperOptions) {
    this.#options = options
  }

  /** @throws ClientError `token` (rejects) */
  async get (reason: TokenReason): Promise<string> {
    let token: unknown
    try {
      token = await this.#options.getToken({ reason })
    } catch (cause) {
      throw new ClientError('token', 'getToken failed', { cause })
    }
    if (typeof token !== 'string') throw new ClientError('token', 'getToken gave no string')
    this.#renewLater(token)
    return token
  }

  /** The server says that the token ends soon. */
  expiring (): void {
    if (!this.#isRenewing) this.#renew('expiring').catch(() => {})
  }

  stop (): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #renewLater (token: string): void {
    this.#timer?.cancel()
    const leftMs = endOf(token) - this.#options.clock.now()
    // Over already? Then it is this machine's clock that is wrong, and the server will say when.
    if (leftMs > 0) this.#renewIn(leftMs > 2 * RENEW_BEFORE_MS ? leftMs - RENEW_BEFORE_MS : Math.max(leftMs / 2, 1_000), 'expiring')
  }

  #renewIn (ms: number, reason: TokenReason): void {
    this.#timer?.cancel()
    if (!this.#isStopped) this.#timer = this.#options.clock.after(ms, () => { this.#renew(reason).catch(() => {}) })
  }

  /** Until it is done: a token that is refused, or cannot be had, is asked for again. */
  async #renew (reason: TokenReason): Promise<void> {
    this.#isRenewing = true
    try {
      await this.#options.present(await this.get(reason))
    } catch (error) {
      this.#renewIn(RETRY_MS, error instanceof ClientError && error.reason === 'refused' ? 'refused' : 'expiring')
    } finally {
      this.#isRenewing = false
    }
  }
}

/** When a JWT ends, in milliseconds since the Unix epoch; NaN when it does not say. Unchecked: for a timer alone. */
function endOf (token: string): number {
  try {
    const { exp } = JSON.parse(atob(String(token.split('.')[1]).replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: unknown }
    return typeof exp === 'number' ? exp * 1_000 : Number.NaN
  } catch {
    return Number.NaN
  }
}
