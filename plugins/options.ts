import { inspect } from 'node:util'
import createError from '@fastify/error'
import { Type } from '@sinclair/typebox'
import { TypeCompiler, ValueErrorType } from '@sinclair/typebox/compiler'
import { DEFAULT_LIMITS, type Limits } from '../lib/core/limits.ts'
import type { MediaEngine } from '../lib/media/engine.ts'
import type { Environment } from '../lib/middleware/environment.ts'
import type { NotificationId } from '../lib/protocol/codec.ts'
import type { Clock } from '../lib/util/clock.ts'
import type { JwtOptions } from './jwt.ts'
import type { ConnectionLimits } from './open-connections.ts'

/**
 * What `app.register(mse, options)` takes, the limits of {@link Limits} included. Everything is checked at boot: a bad value or an
 * unknown name stops the app with `MSE_ERR_BAD_OPTION`, which names the option.
 */
export interface MseOptions extends Partial<Limits> {
  /** How tokens are verified. @default the host's @fastify/jwt; without one the plugin refuses to boot */
  readonly jwt?: JwtOptions
  /** Where `start` starts something, for example `weriftEngine()`. @default none: `start` is answered -7001 */
  readonly engine?: MediaEngine
  /** `development` adds `whoami` and warns of it at boot. @default 'production' */
  readonly environment?: Environment
  /** Put before `path`. @default '' */
  readonly prefix?: string
  /** The one path of all transports. @default '/mse' */
  readonly path?: string
  /** The name of the decorator; a second instance in the same context needs one of its own. @default 'mse' */
  readonly name?: string
  /** How the id of the server's notifications is written: as the seed does, or left out for strict JSON-RPC clients. @default 'null' */
  readonly notificationId?: NotificationId
  /** Errors of single calls over POST get a status of their own, for gateways: -4001 and -5001 401, -6001 409, -32601 404, -32602 422. @default false */
  readonly semanticStatus?: boolean
  /** Origins of pages that may connect beside the server's own, such as `https://app.example` or `capacitor://localhost`. @default none */
  readonly allowedOrigins?: readonly string[]
  /** Any page on the web may connect. Only tokens protect you then. @default false */
  readonly dangerouslyAllowAnyOrigin?: boolean
  /** Host names, without port, that requests may name. @default any, but only loopback names while the server is bound to loopback */
  readonly allowedHosts?: readonly string[]
  /** `GET <path>/health` and `GET <path>/ready` for load balancers, without a token and with any Host. False: they are not there. @default true */
  readonly health?: boolean
  /** Milliseconds between WebSocket pings, give or take 10 %. @default 20_000 */
  readonly pingIntervalMs?: number
  /** Milliseconds after a ping without a pong after which the peer is dead: 4001. @default 10_000 */
  readonly pongTimeoutMs?: number
  /** Milliseconds that a peer has to answer a close frame before its socket is destroyed. @default 1_000 */
  readonly closeTimeoutMs?: number
  /**
   * WebSockets, streams and polls at the same time. Above it new ones are answered 503. What your server accepts and has not asked for
   * anything yet is not among them: see docs/deployment.md.
   * @default 16_000
   */
  readonly maxConnections?: number
  /**
   * The same from one network: an IPv4 address, 64 bits of an IPv6 one. Generous, as a company or a mobile network may be behind one
   * address. The address is `request.ip`: behind a proxy set Fastify's `trustProxy`. Private networks count only with
   * `countLocalNetworks`.
   * @default 1_000
   */
  readonly maxConnectionsPerAddress?: number
  /**
   * Share of V8's heap limit that may be in use after a full collection. Above it the sessions that hold most for clients which do not read are ended with 4000, so that the
   * process, and everybody else, goes on. 1: never.
   * @default 0.85
   */
  readonly shedAboveHeapShare?: number
  /** Time as a parameter, for tests. @default the machine's clock */
  readonly clock?: Clock
}

/** The options that the WebSocket adapter reads. */
export interface WebSocketTimes {
  readonly pingIntervalMs: number
  readonly pongTimeoutMs: number
  readonly closeTimeoutMs: number
}

/** What applies where the options are silent. */
export const DEFAULT_TIMES: WebSocketTimes = { pingIntervalMs: 20_000, pongTimeoutMs: 10_000, closeTimeoutMs: 1_000 }

/** What applies where the options are silent. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = { maxConnections: 16_000, maxConnectionsPerAddress: 1_000, countLocalNetworks: false }

/** What applies where the options are silent. */
export const DEFAULT_HEAP_SHARE = 0.85

/** An option that cannot be right. */
export const BadOptionError = createError('MSE_ERR_BAD_OPTION', 'option "%s": %s, not %s', 500, TypeError)
/** An option that there is not, with the same code. */
export const UnknownOptionError = createError('MSE_ERR_BAD_OPTION', 'option "%s" is unknown', 500, TypeError)
/** The decorator's name is taken. */
export const NameTakenError = createError('MSE_ERR_NAME_TAKEN', 'app.%s is there already: give this instance another `name`')
/** Two instances with one engine. */
export const EngineTakenError = createError('MSE_ERR_ENGINE_TAKEN', 'the media engine "%s" serves another instance: give each its own')

/** `ws` keeps sizes in 32 bits, where a larger one becomes none at all; a longer `setTimeout` fires at once. */
const MAX_INT_32 = 2_147_483_647

const count = Type.Integer({ minimum: 1 })
const bytes = Type.Integer({ minimum: 1, maximum: MAX_INT_32 })
const milliseconds = Type.Integer({ minimum: 0 })
const rate = Type.Number({ exclusiveMinimum: 0 })
const path = Type.String({ pattern: '^/[^\\s?#]*$' })
/** Checked elsewhere: below, or by Fastify. */
const foreign = Type.Unknown()

const schema = TypeCompiler.Compile(Type.Partial(Type.Object({
  jwt: Type.Object({}),
  engine: foreign,
  clock: foreign,
  environment: Type.Union([Type.Literal('development'), Type.Literal('production')]),
  prefix: Type.Union([Type.Literal(''), path]),
  path,
  name: Type.String({ pattern: '^(?!__proto__$)[A-Za-z_$][\\w$]*$' }),
  notificationId: Type.Union([Type.Literal('null'), Type.Literal('omit')]),
  allowedOrigins: Type.Array(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\s]+$' })),
  dangerouslyAllowAnyOrigin: Type.Boolean(),
  allowedHosts: Type.Array(Type.String({ pattern: '^([^/:\\s]+|\\[[0-9A-Fa-f:.]+\\])$' })),
  health: Type.Boolean(),
  maxConnections: count,
  maxConnectionsPerAddress: count,
  shedAboveHeapShare: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  pingIntervalMs: count,
  pongTimeoutMs: count,
  closeTimeoutMs: Type.Integer({ minimum: 0, maximum: MAX_INT_32 }),
  authTimeoutMs: count,
  maxRefusedAuths: count,
  refusedAuthsPerSecond: rate,
  refusedAuthBurst: count,
  anonymousPostsPerSecond: rate,
  anonymousPostBurst: count,
  countLocalNetworks: Type.Boolean(),
  maxUnauthenticatedMessageBytes: bytes,
  maxMessageBytes: bytes,
  messagesPerSecond: rate,
  messageBurst: count,
  maxCallsInFlight: count,
  maxSessionsPerUser: count,
  callTimeoutMs: count,
  tokenGraceMs: milliseconds,
  maxBufferedBytes: count,
  holdBytes: count,
  stallTimeoutMs: count,
  outboxMessages: count,
  outboxBytes: count,
  resumeWindowMs: milliseconds,
  mediaResumeWindowMs: milliseconds,
  gapTimeoutMs: milliseconds,
  replayMs: milliseconds,
  heartbeatMs: count,
  pollTimeoutMs: count,
  expiryWarningMs: milliseconds,
  ticketMs: count,
  drainTimeoutMs: milliseconds,
  semanticStatus: Type.Boolean(),
  // Fastify's own, in every register call.
  logLevel: foreign,
  logSerializers: foreign
}, { additionalProperties: false })))

/** What each rule of the schema wants, in words. */
const EXPECTATIONS: Readonly<Record<string, string>> = {
  jwt: 'must be an object with secret, jwks or verify',
  environment: 'must be "development" or "production"',
  notificationId: 'must be "null" or "omit"',
  name: 'must be a JavaScript name',
  path: 'must start with "/" and have no query',
  prefix: 'must be empty, or start with "/" and have no query',
  allowedOrigins: 'must be a list of origins such as "https://app.example"',
  allowedHosts: 'must be a list of host names without port'
}

/** @throws BadOptionError for the first option that cannot be right */
export function checkOptions (options: MseOptions): void {
  checkMethods('engine', options.engine, ['join', 'close'])
  checkMethods('clock', options.clock, ['now', 'after'])
  const fault = schema.Errors(options).First()
  if (fault === undefined) return
  const name = fault.path.slice(1).split('/')[0]?.replaceAll('~1', '/').replaceAll('~0', '~') ?? ''
  // Not with its value: the unknown option may be the secret, in the wrong place.
  if (fault.type === ValueErrorType.ObjectAdditionalProperties) throw new UnknownOptionError(name)
  const expectation = EXPECTATIONS[name] ?? fault.message.replace(/^Expected/, 'must be')
  throw new BadOptionError(name, expectation, display(Reflect.get(options, name)))
}

/** Not by the schema: TypeBox looks for own properties, and methods are on a prototype. */
function checkMethods (name: string, value: unknown, methods: readonly string[]): void {
  if (value === undefined) return
  const has = (method: string): boolean => typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function'
  if (!methods.every(has)) throw new BadOptionError(name, `must be an object with the methods ${methods.join(' and ')}`, display(value))
}

/** The limits with their defaults. Before `auth` nobody may send more than after it. */
export function limitsOf (options: MseOptions): Limits {
  const limits = pick(options, DEFAULT_LIMITS)
  return { ...limits, maxUnauthenticatedMessageBytes: Math.min(limits.maxUnauthenticatedMessageBytes, limits.maxMessageBytes) }
}

/** The WebSocket's times with their defaults. */
export function timesOf (options: MseOptions): WebSocketTimes {
  return pick(options, DEFAULT_TIMES)
}

/** How many may be open, with the defaults. */
export function connectionLimitsOf (options: MseOptions): ConnectionLimits {
  return pick(options, DEFAULT_CONNECTION_LIMITS)
}

function pick<T extends object> (options: Partial<T>, defaults: T): T {
  const picked = { ...defaults }
  for (const key of Object.keys(defaults) as (keyof T)[]) picked[key] = options[key] ?? defaults[key]
  return picked
}

function display (value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity }).slice(0, 80)
}
