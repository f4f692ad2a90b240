import type { AddressInfo, Server } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { MseOptions } from './options.ts'

const LOOPBACK_HOST = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/
const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/

/** Why a request is turned away before anything else looks at it; null when it is not. */
export type Refusal = 'origin' | 'host' | null

/** Looks at one request. */
export type RequestCheck = (request: FastifyRequest) => Refusal

/**
 * Looks at a request's Origin and Host. Browsers send the Origin with every WebSocket, other clients need not; a Host that is
 * not ours on a loopback server is DNS rebinding (CVE-2025-66414 is one of many). The Host is the raw one: a page that has
 * rebound its name may set `X-Forwarded-Host`.
 */
export function requestCheck (app: FastifyInstance, { allowedOrigins, allowedHosts, dangerouslyAllowAnyOrigin }: MseOptions): RequestCheck {
  const origins = new Set((allowedOrigins ?? []).map(asBrowsersWrite))
  const hosts = allowedHosts === undefined ? null : new Set(allowedHosts.map((host) => host.toLowerCase()))
  const isOnLoopback = rememberLoopback(app.server)
  /** The last one that was allowed, and where: most requests have the same. */
  let known: { readonly host: string | undefined, readonly loopback: boolean } | null = null
  const isKnown = (host: string | undefined): boolean => known !== null && host === known.host && isOnLoopback() === known.loopback
  return (request) => {
    const { host } = request.headers
    if (!isKnown(host)) {
      if (!isHostAllowed(host, hosts, isOnLoopback)) return 'host'
      known = { host, loopback: isOnLoopback() }
    }
    const { origin } = request.headers
    if (origin === undefined || dangerouslyAllowAnyOrigin === true || origins.has(origin)) return null
    return isSameOrigin(origin, request.host) ? null : 'origin'
  }
}

function isHostAllowed (host: string | undefined, allowed: ReadonlySet<string> | null, isOnLoopback: () => boolean): boolean {
  // Node refuses a real request without one; only an injected request gets here.
  if (host === undefined) return true
  const name = host.replace(/:\d*$/, '').toLowerCase()
  if (allowed?.has(name) === true) return true
  if (isOnLoopback()) return LOOPBACK_HOST.test(name)
  return allowed === null
}

/** Is the server bound to loopback? Asked once each time it listens: the question is a system call. */
function rememberLoopback (server: Server): () => boolean {
  let known: boolean | undefined
  server.on('listening', () => { known = undefined })
  return () => (known ??= isBoundToLoopback(server))
}

function isBoundToLoopback (server: Server): boolean {
  const address = server.address() as AddressInfo | string | null
  return address !== null && typeof address === 'object' && LOOPBACK_ADDRESS.test(address.address)
}

/** `host` follows `trustProxy`. The scheme is left out: behind a proxy that ends TLS the app sees http. */
function isSameOrigin (origin: string, host: string): boolean {
  if (!/^https?:/.test(origin) || !URL.canParse(origin) || asBrowsersWrite(origin) !== origin) return false
  const { protocol, host: originHost } = new URL(origin)
  const own = `${protocol}//${host}`
  return URL.canParse(own) && new URL(own).host === originHost
}

/** An origin as every browser sends it: lower case, no default port, no path, names in ASCII. Other schemes (`capacitor:`) have no rules. */
function asBrowsersWrite (origin: string): string {
  return /^https?:/i.test(origin) && URL.canParse(origin) ? new URL(origin).origin : origin
}
