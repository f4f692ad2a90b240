/** A TCP proxy on 127.0.0.1 that breaks connections as its seed says: the same seed breaks the same connection in the same way. */
import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'

/** A number in [0, 1). */
export type Random = () => number

/** A generator of its own, so that a test prints its seed and can be repeated: mulberry32. */
export function createRandom (seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * What becomes of a connection once so many bytes have gone through it, both ways together.
 * - `cut`: both sides are reset; the bytes that crossed the line are lost
 * - `truncate`: the last bytes before the line arrive, in the middle of a frame, then both sides end
 * - `stall`: nothing moves for a while, then both sides are reset
 * - `halfOpen`: the client's side is gone, the server's stays
 * - `late`: the client's side is gone, and what it had sent reaches the server while its next connections are at work
 * - `delay`: nothing moves for a while, then everything goes on, and after as many bytes again it is cut
 * - `duplicate`: the server gets a POST twice, on two connections; then both sides are reset
 */
export const FAULTS = ['cut', 'truncate', 'stall', 'halfOpen', 'late', 'delay', 'duplicate'] as const
export type Fault = typeof FAULTS[number]

/** What happens to one connection. */
export interface FaultPlan {
  readonly fault: Fault
  readonly afterBytes: number
  /** How long a `stall`, a `late` or a `delay` takes. */
  readonly delayMs: number
  /** Chunks of other connections before a `late` one arrives. */
  readonly afterChunks: number
}

export interface FaultProxyOptions {
  /** Of the server on 127.0.0.1. */
  readonly port: number
  readonly seed: number
  /** @default FAULTS */
  readonly faults?: readonly Fault[]
  /** @default 400 */
  readonly minBytes?: number
  /** @default 2_000 */
  readonly maxBytes?: number
}

/** What happens to the connection of that ordinal: a function of the seed alone. */
export function planOf ({ seed, faults = FAULTS, minBytes = 400, maxBytes = 2_000 }: FaultProxyOptions, ordinal: number): FaultPlan {
  const random = createRandom(Math.imul(seed + 1, 2_654_435_761) ^ Math.imul(ordinal + 1, 40_503))
  const below = (limit: number): number => Math.floor(random() * limit)
  return {
    fault: faults[below(faults.length)] ?? 'cut',
    afterBytes: minBytes + below(maxBytes - minBytes + 1),
    delayMs: 1 + below(15),
    afterChunks: 1 + below(6)
  }
}

/** Half-open connections that the server keeps at the same time; the oldest is let go. */
const MAX_HALF_OPEN = 4

/** One way of a pair. */
interface Way {
  readonly from: Socket
  readonly to: Socket
  /** What waits; null while everything goes through. */
  held: Buffer[] | null
}

interface Pair {
  plan: FaultPlan
  readonly client: Socket
  readonly server: Socket
  readonly up: Way
  readonly down: Way
  /** Bytes that came, both ways together. */
  bytes: number
  twin: Socket | null
  isBroken: boolean
}

interface Late { readonly pair: Pair, readonly held: readonly Buffer[], chunks: number }

/** A proxy that runs. */
export class FaultProxy {
  /** How many connections each fault has broken. */
  readonly broken: Record<Exclude<Fault, 'delay'>, number> = { cut: 0, truncate: 0, stall: 0, halfOpen: 0, late: 0, duplicate: 0 }
  /** Connections so far. */
  connections = 0
  /** Set it to let everything through from now on. */
  isCalm = false
  readonly #options: FaultProxyOptions
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  readonly #halfOpen: Pair[] = []
  readonly #late: Late[] = []

  constructor (options: FaultProxyOptions) {
    this.#options = options
    this.#listener = createServer((client) => this.#accept(client))
  }

  get port (): number { return (this.#listener.address() as AddressInfo).port }
  /** Connections that clients have lost to a fault. */
  get breaks (): number { return Object.values(this.broken).reduce((sum, count) => sum + count, 0) }

  async listen (): Promise<this> {
    await once(this.#listener.listen({ host: '127.0.0.1', port: 0 }), 'listening')
    return this
  }

  async close (): Promise<void> {
    const closed = once(this.#listener, 'close')
    this.#listener.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Resets every connection that there is now. */
  cutAll (): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept (client: Socket): void {
    const server = connect({ host: '127.0.0.1', port: this.#options.port, allowHalfOpen: true })
    const way = (from: Socket, to: Socket): Way => ({ from, to, held: null })
    const plan = planOf(this.#options, this.connections++)
    const pair: Pair = { plan, client, server, up: way(client, server), down: way(server, client), bytes: 0, twin: null, isBroken: false }
    for (const socket of [client, server]) this.#watch(socket)
    client.on('data', (chunk: Buffer) => this.#onData(pair, pair.up, chunk))
    server.on('data', (chunk: Buffer) => this.#onData(pair, pair.down, chunk))
    client.on('close', () => { if (!pair.isBroken) server.destroy() })
    server.on('close', () => { if (!pair.isBroken) client.end() })
    server.on('end', () => { pair.isBroken ? server.destroy() : client.end() })
  }

  #watch (socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #onData (pair: Pair, way: Way, chunk: Buffer): void {
    if (way === pair.up) {
      this.#mirror(pair, chunk)
      this.#releaseLate(pair)
    }
    const before = pair.bytes
    pair.bytes += chunk.length
    if (way.held !== null) {
      way.held.push(chunk)
      return
    }
    if (pair.isBroken) return
    const { plan } = pair
    if (pair.bytes > plan.afterBytes && !this.isCalm) return this.#strike(pair, way, chunk, Math.max(0, plan.afterBytes - before))
    forward(way, chunk)
  }

  #strike (pair: Pair, way: Way, chunk: Buffer, left: number): void {
    const { fault, delayMs } = pair.plan
    if (fault === 'delay') return this.#delay(pair, way, chunk)
    if (fault === 'stall') {
      pair.up.held = []
      pair.down.held = []
      setTimeout(() => this.#reset(pair, fault), delayMs)
      return
    }
    if (fault === 'late') return this.#beLate(pair, way, chunk)
    if (fault === 'truncate') {
      way.to.write(chunk.subarray(0, left))
      this.#break(pair, fault)
      pair.client.end(() => pair.client.destroy())
      pair.server.end(() => pair.server.destroy())
      return
    }
    if (fault !== 'halfOpen') return this.#reset(pair, fault)
    forward(way, chunk)
    this.#break(pair, fault)
    pair.client.destroy()
    this.#keepHalfOpen(pair)
  }

  #delay (pair: Pair, way: Way, chunk: Buffer): void {
    const ways = [pair.up, pair.down]
    pair.plan = { ...pair.plan, fault: 'cut', afterBytes: pair.bytes + pair.plan.afterBytes }
    for (const each of ways) each.held = []
    way.held?.push(chunk)
    setTimeout(() => {
      for (const each of ways) {
        for (const held of each.held ?? []) forward(each, held)
        each.held = null
      }
    }, pair.plan.delayMs)
  }

  /** What the client goes on to send is held, until it is gone and somebody else has sent so many chunks. */
  #beLate (pair: Pair, way: Way, chunk: Buffer): void {
    const held = way === pair.up ? [chunk] : []
    pair.up.held = held
    pair.down.held = []
    setTimeout(() => {
      this.#break(pair, 'late')
      pair.client.destroy()
      this.#late.push({ pair, held, chunks: pair.plan.afterChunks })
    }, pair.plan.delayMs)
  }

  #releaseLate (by: Pair): void {
    for (const late of [...this.#late]) {
      if (late.pair === by || --late.chunks > 0) continue
      this.#late.splice(this.#late.indexOf(late), 1)
      for (const chunk of late.held) late.pair.server.write(chunk)
      this.#keepHalfOpen(late.pair)
    }
  }

  #keepHalfOpen (pair: Pair): void {
    this.#halfOpen.push(pair)
    if (this.#halfOpen.length > MAX_HALF_OPEN) this.#halfOpen.shift()?.server.destroy()
  }

  #reset (pair: Pair, fault: Exclude<Fault, 'delay'>): void {
    if (pair.isBroken) return
    this.#break(pair, fault)
    reset(pair.client)
    reset(pair.server)
    pair.twin?.end()
  }

  #break (pair: Pair, fault: Exclude<Fault, 'delay'>): void {
    pair.isBroken = true
    this.broken[fault]++
  }

  /** A proxy that tries a request again. Only a POST: a second GET would be a second attach, which wins. */
  #mirror (pair: Pair, chunk: Buffer): void {
    if (pair.plan.fault !== 'duplicate' || this.isCalm || pair.isBroken) return
    if (pair.bytes === 0 && chunk.subarray(0, 5).toString() === 'POST ') {
      pair.twin = connect({ host: '127.0.0.1', port: this.#options.port })
      this.#watch(pair.twin)
      pair.twin.resume()
      pair.client.on('close', () => pair.twin?.end())
    }
    pair.twin?.write(chunk)
  }
}

/**
 * Resets a connection, or lets go of one that is ending already. Node 20 cannot reset a socket between its `end` and the moment at
 * which that is out: it says EINVAL, never closes the socket, and the process waits for it in vain when it exits, at full speed.
 */
export function reset (socket: Socket): void {
  socket.writableEnded ? socket.destroy() : socket.resetAndDestroy()
}

function forward ({ from, to }: Way, chunk: Buffer): void {
  if (to.destroyed || to.write(chunk)) return
  from.pause()
  to.once('drain', () => from.resume())
}
