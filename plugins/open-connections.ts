import type { FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from '../lib/util/network.ts'

/** How many may be open. */
export interface ConnectionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

/** Counts what is open: WebSockets, streams, polls and other requests that are not answered yet. */
export class OpenConnections {
  readonly #limits: ConnectionLimits
  readonly #byNetwork = new Map<string, number>()
  #size = 0

  constructor (limits: ConnectionLimits) {
    this.#limits = limits
  }

  get size (): number { return this.#size }

  /** Lets a request in, until its answer is out or its socket is gone. @returns false when too many are open already */
  admit (request: FastifyRequest, reply: FastifyReply): boolean {
    // An injected request has no address.
    const network = networkOf(request.ip ?? '')
    const open = this.#byNetwork.get(network) ?? 0
    if (this.#size >= this.#limits.maxConnections || open >= this.#limits.maxConnectionsPerAddress) return false
    this.#size++
    this.#byNetwork.set(network, open + 1)
    whenOver(request, reply, () => this.#leave(network))
    return true
  }

  #leave (network: string): void {
    const open = (this.#byNetwork.get(network) ?? 0) - 1
    this.#size--
    if (open > 0) this.#byNetwork.set(network, open)
    else this.#byNetwork.delete(network)
  }
}

/** Calls back once. A WebSocket's response is never finished: its socket counts. */
function whenOver ({ ws }: FastifyRequest, { raw: response }: FastifyReply, over: () => void): void {
  let isOver = false
  const once = (): void => {
    if (!isOver) over()
    isOver = true
  }
  if (ws) response.socket?.once('close', once)
  else response.once('finish', once).once('close', once)
}
