import type { SignallingClient } from '../../../lib/client/api.ts'
import { ClientError, refusedBy } from '../../../lib/client/client-error.ts'
import { Emitter } from '../../../lib/client/emitter.ts'
import type { CandidateLike, DescriptionLike } from '../../../lib/client/media/dom.ts'
import type { ClientState } from '../../../lib/client/options.ts'

/** A call that has not been answered yet. */
interface Held { readonly method: string, resolve (result: unknown): void, reject (error: unknown): void }

/** A client whose server takes everybody and answers every offer, unless a test says otherwise. */
export class FakeClient {
  readonly #emitter = new Emitter()
  state: ClientState = 'open'
  readonly transport = 'websocket'
  /** Every message to the server, in order. */
  readonly sent: Array<{ readonly method: string, readonly params: Record<string, unknown> }> = []
  /** What the next calls of a method are answered with, in place of success. */
  readonly refusals = new Map<string, unknown[]>()
  /** Methods whose calls are left open. */
  readonly holding = new Set<string>()
  readonly held: Held[] = []
  /** Offers get their answer. */
  isAnswering = true
  isFull = false

  /** What a program sees of it. */
  get client (): SignallingClient { return this as unknown as SignallingClient }

  call (method: string, params: Record<string, unknown>, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> {
    if (this.state === 'closed') return Promise.reject(new ClientError('closed', 'the client is closed'))
    this.sent.push({ method, params })
    const refusal = this.refusals.get(method)?.shift()
    if (refusal !== undefined) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new ClientError('aborted', 'the call was given up')))
      if (this.holding.has(method)) this.held.push({ method, resolve, reject })
      else if (method === 'start') resolve('started')
      else {
        resolve(null)
        if (this.isAnswering) this.answer()
      }
    })
  }

  notify (method: string, params: Record<string, unknown>): void {
    if (this.isFull) throw new ClientError('full', 'too much waits')
    this.sent.push({ method, params })
  }

  on (name: string, listener: (event: never) => void): () => void {
    this.listeners++
    const off = this.#emitter.on(name, listener)
    return () => {
      this.listeners--
      off()
    }
  }

  listeners = 0

  emit (name: string, event: unknown): void { this.#emitter.emit(name, event) }

  become (state: ClientState): void {
    this.state = state
    this.emit('state', { state, transport: null })
  }

  /** The server does not take the next call, once for each code. */
  refuse (method: string, ...codes: number[]): void {
    this.refusals.set(method, codes.map((code) => refusedBy({ code, message: 'refused', data: { retryAfterMs: 1_000 } })))
  }

  describe (offer: DescriptionLike): void { this.emit('sdpOffer', { offer }) }
  answer (ufrag = 'server-publish'): void { this.describe({ type: 'answer', sdp: `v=0\r\nm=audio 9\r\na=ice-ufrag:${ufrag}\r\n` }) }
  candidate (candidate: CandidateLike): void { this.emit('iceCandidate', { candidate }) }

  /** How often a method was sent. */
  count (method: string): number { return this.sent.filter((message) => message.method === method).length }

  descriptions (type: 'offer' | 'answer'): DescriptionLike[] {
    return this.sent.filter(({ method }) => method === 'sdpOffer').map(({ params }) => params['offer'] as DescriptionLike).filter((offer) => offer.type === type)
  }
}
