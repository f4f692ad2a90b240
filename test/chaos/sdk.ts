/** The client of the package, in the shape in which chaos drives a client. */
import { WebSocket } from 'ws'
import { Client } from '../../lib/client/client.ts'
import type { SignallingClient } from '../../lib/client/api.ts'
import type { ClientError } from '../../lib/client/client-error.ts'
import type { TransportName } from '../../lib/client/options.ts'
import type { Choice } from '../../lib/client/transport-choice.ts'
import type { FaceClientOptions, Frame } from '../helpers/face-client.ts'
import type { ChaosClient } from './harness.ts'

/** Faults come every few messages: what takes seconds in life has milliseconds here. */
const SHORT = { openTimeoutMs: 1_000, minBackoffMs: 5, maxBackoffMs: 20, silenceMs: 250, aliveTimeoutMs: 250, callTimeoutMs: 0, messagesPerSecond: 1e9 }

/** Of a message of these tests. */
const MESSAGE_BYTES = 72
const LOOK_MS = 2

export class SdkClient implements ChaosClient {
  breaks = 0
  readonly #options: FaceClientOptions
  #client: SignallingClient | undefined

  constructor (options: FaceClientOptions) {
    this.#options = options
  }

  /** In messages, roughly. */
  get open (): number { return Math.floor((this.#client?.bufferedBytes ?? 0) / MESSAGE_BYTES) }

  /** The first session has to come through the faults, too. */
  start (): Promise<void> {
    const { url, token, random, face, onMessage, onFault } = this.#options
    const client: SignallingClient = this.#client = new Client({ ...SHORT, url, getToken: () => token, random, WebSocket }, new OneFaceALife(face))
    client.on('chat', (params) => onMessage({ method: 'chat', params }))
    client.on('reset', ({ reason }) => onFault(`reset: ${reason}`))
    return new Promise((resolve) => {
      client.on('state', ({ state, failure }) => {
        if (state === 'open') resolve()
        if (state === 'reconnecting') this.breaks++
        if (state === 'closed' && failure !== undefined) onFault(`gave up: ${failure.message} ${failure.code}`)
      })
    })
  }

  async stop (): Promise<void> {
    await this.#client?.close()
  }

  tell (method: string, params: object): void {
    this.#client?.notify(method as 'chat', params as never)
  }

  async call (method: string, params: object): Promise<Frame> {
    try {
      return { result: await this.#client?.call(method as 'ping', params as never) }
    } catch (error) {
      const { code, message } = error as ClientError
      return { error: { code, message } }
    }
  }

  /** Nothing says when the server has something: it is looked at again and again, seldom enough to cost nothing. */
  progress (): Promise<void> {
    return new Promise((resolve) => { setTimeout(resolve, LOOK_MS) })
  }
}

/** The face of each life, whatever became of the last one. */
class OneFaceALife implements Choice {
  readonly #face: (life: number) => TransportName
  #life = 0

  constructor (face: (life: number) => TransportName) {
    this.#face = face
  }

  get next (): TransportName { return this.#face(this.#life++) }
  won (): void {}
  lost (): boolean { return false }
}
