import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import fastifyWebsocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { Limits } from '../lib/core/limits.ts'
import { forwardUpgrades } from './upgrades.ts'

/** What {@link provideWebsocket} takes. */
export interface WebSocketServerOptions {
  /** The context of our route. */
  readonly context: FastifyInstance
  readonly limits: Limits
  readonly closeTimeoutMs: number
  /** The route's path, the context's prefix included. */
  readonly path: string
}

/**
 * Uses the @fastify/websocket that the app has registered before, or brings one. Ours lives in the context of our route: the app
 * may still register its own afterwards or elsewhere, with other limits.
 */
export async function provideWebsocket (app: FastifyInstance, { context, limits, closeTimeoutMs, path }: WebSocketServerOptions): Promise<void> {
  if (app.hasDecorator('websocketServer')) {
    warnOfLateEvents(app)
    return warnOfLimits(app, limits.maxMessageBytes)
  }
  const upgrades = new EventEmitter()
  // Named first, because the types of ws know neither closeTimeout nor the two limits on fragments.
  const options = {
    maxPayload: limits.maxMessageBytes,
    maxFragments: 64,
    maxBufferedChunks: 1_024,
    closeTimeout: closeTimeoutMs,
    perMessageDeflate: false,
    // Each copy on the HTTP server would route, and answer, every upgrade: they get them from one place.
    server: upgrades as Server
  }
  await context.register(fastifyWebsocket, { options })
  app.addHook('onReady', async () => {
    forwardUpgrades(app.server, { upgrades, path, timeoutMs: limits.authTimeoutMs })
    lendInjectWS(app, context)
  })
}

/** For the app's tests. Not decorated: the app's own @fastify/websocket, registered after us, would find the name taken. */
function lendInjectWS (app: FastifyInstance, context: FastifyInstance): void {
  if (!('injectWS' in app)) Object.defineProperty(app, 'injectWS', { value: context.injectWS, configurable: true, writable: true })
}

/** Its limit holds before a message is here, ours after: an attacker could send the difference, or an honest client not enough. */
function warnOfLimits (app: FastifyInstance, maxMessageBytes: number): void {
  const maxPayload = app.websocketServer.options.maxPayload ?? 0
  if (maxPayload === maxMessageBytes) return
  const isLarger = maxPayload === 0 || maxPayload > maxMessageBytes
  app.log.warn({ maxPayload, maxMessageBytes }, `the app's @fastify/websocket takes ${isLarger ? 'larger' : 'only smaller'} messages than MSE: set its options.maxPayload`)
}

/**
 * With events a turn late the receiver of `ws` (8.23.0) goes on after a breach in a turn of its own: of a text, one that is not UTF-8 and one more in three packets of one turn it
 * throws where nobody can catch it, and the process ends.
 */
function warnOfLateEvents (app: FastifyInstance): void {
  const { allowSynchronousEvents } = app.websocketServer.options
  if (allowSynchronousEvents === false) app.log.warn('the app\'s @fastify/websocket has allowSynchronousEvents: false, with which a client can end the process: leave it out')
}
