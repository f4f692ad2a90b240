import type { FastifyReply, FastifyRequest } from 'fastify'
import { isLocalNetwork, networkOf } from '../lib/util/network.ts'

/** How many may be open. */
export interface ConnectionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly countLocalNetworks: boolean
}

/** Counts what stays open: WebSockets, streams and polls. */
export class OpenConnections {
  readonly #limits: ConnectionLimits
  readonly #byNetwork = new Map<string, number>()
  #size = 0

  constructor (limits: ConnectionLimits) {
    this.#limits = limits
  }

  get size (): number { return this.#size }

  /** Lets a GET in, until its answer is out or its socket is gone. @returns false when too many are open already */
  admit (request: FastifyRequest, reply: FastifyReply): boolean {
    // An injected request has no address.
    const address = request.ip ?? ''
    const network = !this.#limits.countLocalNetworks && isLocalNetwork(address) ? null : networkOf(address)
    const open = network === null ? 0 : this.#byNetwork.get(network) ?? 0
    if (this.#size >= this.#limits.maxConnections || open >= this.#limits.maxConnectionsPerAddress) return false
    this.#size++
    if (network !== null) this.#byNetwork.set(network, open + 1)
    let isOver = false
    whenOver(request, reply, () => {
      if (!isOver) this.#leave(network)
      isOver = true
    })
    return true
  }

  #leave (network: string | null): void {
    this.#size--
    if (network === null) return
    const open = (this.#byNetwork.get(network) ?? 0) - 1
    if (open > 0) this.#byNetwork.set(network, open)
    else this.#byNetwork.delete(network)
  }
}

/**
 * Calls back, perhaps twice: an injected response is finished and never closed, one whose client has gone is closed and never finished. `on` and not `once`, whose
 * wrappers would stay as long as the stream. A WebSocket's response is never finished: its socket counts, and so it does for every upgrade, which ends with its socket.
 */
function whenOver ({ headers }: FastifyRequest, { raw: response }: FastifyReply, over: () => void): void {
  if (headers.upgrade !== undefined) response.socket?.on('close', over)
  else response.on('finish', over).on('close', over)
}
