import type { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The answer to an upgrade for which nobody listens any more: written by hand, for Fastify's own leaves the socket open. */
const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** What {@link forwardUpgrades} takes. */
export interface UpgradeTarget {
  /** Where our copy of @fastify/websocket listens. */
  readonly upgrades: EventEmitter
  /** The paths that are ours when the app answers upgrades by other means too. */
  readonly path: string
  /** Milliseconds that an upgrade may take, the app's hooks included. */
  readonly timeoutMs: number
}

const gates = new WeakMap<Server, UpgradeGate>()

/**
 * Hands the upgrades of an HTTP server to our copy of @fastify/websocket. One copy suffices for all of our instances: it only
 * routes. Call it when every plugin is loaded, so that the app's own listeners come first.
 */
export function forwardUpgrades (server: Server, target: UpgradeTarget): void {
  const gate = gates.get(server)
  if (gate !== undefined) return gate.add(target.path)
  gates.set(server, new UpgradeGate(server, target))
}

/** From now on upgrades are answered 503. */
export function closeUpgrades (server: Server): void {
  gates.get(server)?.close()
}

/** Takes the limit of time from a socket that is a WebSocket by now. */
export function endHandshakeTimeout (socket: Socket): void {
  socket.removeListener('timeout', destroyAtTimeout)
}

function destroyAtTimeout (this: Socket): void {
  this.destroy()
}

class UpgradeGate {
  readonly #server: Server
  readonly #target: UpgradeTarget
  readonly #paths = new Set<string>()
  #isClosed = false

  constructor (server: Server, target: UpgradeTarget) {
    this.#server = server
    this.#target = target
    this.add(target.path)
    server.on('upgrade', (request, socket, head) => this.#forward(request, socket as Socket, head))
  }

  add (path: string): void { this.#paths.add(path) }
  close (): void { this.#isClosed = true }

  #forward (request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (isTaken(request) || this.#isForeign(request)) return
    if (this.#isClosed) return turnAway(socket)
    // Hooks of the app that never settle; `ws` takes the timeout away.
    socket.setTimeout(this.#target.timeoutMs, destroyAtTimeout)
    this.#target.upgrades.emit('upgrade', request, socket, head)
    endWithResponse(socket)
  }

  /** Somebody else listens too (a development server, another WebSocket library): only our paths are ours then. */
  #isForeign (request: IncomingMessage): boolean {
    return this.#server.listenerCount('upgrade') > 1 && !this.#paths.has(request.url?.split('?', 1)[0] ?? '')
  }
}

/** A copy of @fastify/websocket that the app registered elsewhere has routed it already, ours included in what it routes to. */
function isTaken (request: IncomingMessage): boolean {
  return Object.getOwnPropertySymbols(request).some(({ description }) => description === 'ws-socket')
}

/**
 * An upgrade that is answered like any other request (no such path, not a path at all, closing) is over with its answer, but no
 * HTTP server watches its socket any more. `_httpMessage` is what Node itself calls the response that holds a socket.
 */
function endWithResponse (socket: Socket & { _httpMessage?: ServerResponse | null }): void {
  const response = socket._httpMessage
  if (response?.writableFinished === true) socket.destroySoon()
  else response?.once('finish', () => socket.destroySoon())
}

function turnAway (socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.end(UNAVAILABLE, () => socket.destroy())
}
