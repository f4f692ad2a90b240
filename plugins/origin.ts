import type { AddressInfo } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { MseOptions } from './options.ts'

const LOOPBACK_HOST = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/
const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/

/** Why a request is turned away before anything else looks at it; null when it is not. */
export type Refusal = 'origin' | 'host' | null

/**
 * Looks at a request's Origin and Host. Browsers send the Origin with every WebSocket, other clients need not; a Host that is
 * not ours on a loopback server is DNS rebinding (CVE-2025-66414 is one of many).
 */
export function refusalOf (app: FastifyInstance, request: FastifyRequest, options: MseOptions): Refusal {
  if (!isHostAllowed(app, request, options.allowedHosts)) return 'host'
  return isOriginAllowed(request, options) ? null : 'origin'
}

function isHostAllowed (app: FastifyInstance, request: FastifyRequest, allowed: readonly string[] | undefined): boolean {
  const host = request.headers.host
  // Node refuses a real request without one; only an injected request gets here.
  if (host === undefined) return true
  const name = host.replace(/:\d*$/, '').toLowerCase()
  if (allowed?.includes(name) === true) return true
  if (isBoundToLoopback(app)) return LOOPBACK_HOST.test(name)
  return allowed === undefined
}

function isBoundToLoopback (app: FastifyInstance): boolean {
  const address = app.server.address() as AddressInfo | string | null
  return address !== null && typeof address === 'object' && LOOPBACK_ADDRESS.test(address.address)
}

function isOriginAllowed (request: FastifyRequest, { allowedOrigins, dangerouslyAllowAnyOrigin }: MseOptions): boolean {
  const origin = request.headers.origin
  if (origin === undefined || dangerouslyAllowAnyOrigin === true) return true
  if (allowedOrigins?.includes(origin) === true) return true
  // `request.host` follows `trustProxy`. The scheme is left out: behind a proxy that ends TLS the app sees http.
  return URL.canParse(origin) && hasHost(new URL(origin), request.host)
}

function hasHost (origin: URL, host: string): boolean {
  const base = `${origin.protocol}//${host}`
  return host !== '' && /^https?:$/.test(origin.protocol) && URL.canParse(base) && new URL(base).host === origin.host
}
