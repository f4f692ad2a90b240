import { randomBytes } from 'node:crypto'
import { isIP, isIPv6 } from 'node:net'
import { integer, oneOf, quote, readArguments } from './arguments.ts'
import { seconds } from './duration.ts'
import { UsageError } from './usage-error.ts'

/** The flags of `mse serve`. */
export const SERVE_FLAGS = {
  port: { value: '<port>', help: '0..65535; 0 takes a free one (default 8080)' },
  host: { value: '<address>', help: 'where to listen (default 127.0.0.1: this machine alone)' },
  secret: { value: '<secret>', help: 'what tokens are signed with, 32 bytes or more, or a public key in PEM; development makes one up' },
  engine: { value: '<name>', help: 'werift (default), or none for signalling without media' },
  env: { value: '<name>', help: 'development (default: page and tokens for everybody) or production' },
  path: { value: '<path>', help: 'of the endpoint (default /mse)' },
  'allowed-origins': { value: '<list>', help: 'pages that may connect, such as https://app.example; commas between (default its own)' },
  'allowed-hosts': { value: '<list>', help: 'names that a proxy may send as Host (default any, on loopback loopback names)' },
  'trust-proxy': { value: '<list>', help: 'addresses or networks of proxies whose X-Forwarded headers count (default in production this machine, else none)' },
  'max-streams': { value: '<n>', help: "participants that the engine takes (default the engine's)" },
  'messages-per-second': { value: '<n>', help: 'of one session for long; twice that at once (default 50)' },
  'drain-timeout': { value: '<time>', help: 'that ending may take after SIGTERM, such as 20s; a second SIGTERM ends at once (default 30s)' },
  'log-level': { value: '<level>', help: 'trace, debug, info, warn, error, fatal, silent (default error, in production info)' }
} as const

/** What `mse serve` runs with. */
export interface ServeSettings {
  readonly port: number
  readonly host: string
  readonly secret: string
  /** Nobody but this process knows the secret until it is printed. */
  readonly secretIsGenerated: boolean
  readonly engine: 'werift' | 'none'
  readonly environment: 'development' | 'production'
  readonly path: string
  readonly allowedOrigins: readonly string[] | undefined
  readonly allowedHosts: readonly string[] | undefined
  readonly trustedProxies: string[] | undefined
  readonly maxStreams: number | undefined
  readonly messagesPerSecond: number | undefined
  readonly drainTimeoutMs: number
  readonly logLevel: (typeof LOG_LEVELS)[number]
}

const ENGINES = ['werift', 'none'] as const
const ENVIRONMENTS = ['development', 'production'] as const
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const PROXY_NAMES: readonly string[] = ['loopback', 'linklocal', 'uniquelocal']
const PATH = /^(\/[A-Za-z0-9._~-]+)+$/

/** @throws UsageError for a flag that is unknown or wrong, and for production without a secret */
export function serveSettings (argv: readonly string[], env: NodeJS.ProcessEnv): ServeSettings {
  const values = readArguments(SERVE_FLAGS, argv, env)
  const environment = oneOf('env', values.env ?? 'development', ENVIRONMENTS)
  const engine = oneOf('engine', values.engine ?? 'werift', ENGINES)
  if (engine === 'none' && values['max-streams'] !== undefined) throw new UsageError('--max-streams needs an engine, and --engine is none')
  return {
    port: integer('port', values.port ?? '8080', 0, 65_535),
    host: values.host ?? '127.0.0.1',
    ...secretOf(values.secret, environment),
    engine,
    environment,
    path: pathOf(values.path ?? '/mse'),
    allowedOrigins: values['allowed-origins']?.split(','),
    allowedHosts: values['allowed-hosts']?.split(','),
    trustedProxies: values['trust-proxy']?.split(',').map(proxyOf),
    maxStreams: optional('max-streams', values['max-streams'], 1_000_000),
    messagesPerSecond: optional('messages-per-second', values['messages-per-second'], 1_000_000),
    drainTimeoutMs: seconds('drain-timeout', values['drain-timeout'] ?? '30s') * 1_000,
    logLevel: oneOf('log-level', values['log-level'] ?? (environment === 'production' ? 'info' : 'error'), LOG_LEVELS)
  }
}

function secretOf (given: string | undefined, environment: ServeSettings['environment']): Pick<ServeSettings, 'secret' | 'secretIsGenerated'> {
  const isKey = given?.includes('-----BEGIN ') === true
  if (isKey && environment === 'development') throw new UsageError('a development server signs tokens itself: it needs a secret, not a key in PEM')
  if (given !== undefined && given !== '') return { secret: given, secretIsGenerated: false }
  // A made-up secret dies with its process, and with it every token: nobody wants that where it matters.
  if (environment === 'production') throw new UsageError('production needs a secret: set MSE_SECRET (32 bytes or more), the same that your application signs tokens with')
  // Hexadecimal, because a base64url one may start with "-" and look like a flag.
  return { secret: randomBytes(32).toString('hex'), secretIsGenerated: true }
}

function pathOf (text: string): string {
  if (PATH.test(text) && !text.split('/').some((part) => part === '.' || part === '..')) return text
  throw new UsageError(`--path has to be a path such as /mse, got ${quote(text)}`)
}

/** As Fastify's `trustProxy` takes it: an address, a network, or the name of some. */
function proxyOf (text: string): string {
  const [address = '', bits, more] = text.split('/')
  const max = isIPv6(address) ? 128 : 32
  if (PROXY_NAMES.includes(text) || (isIP(address) !== 0 && more === undefined && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= max)))) return text
  throw new UsageError(`--trust-proxy has to be addresses such as 10.0.0.5, networks such as 10.0.0.0/8, or ${PROXY_NAMES.join(', ')}, got ${quote(text)}`)
}

function optional (flag: string, text: string | undefined, max: number): number | undefined {
  return text === undefined ? undefined : integer(flag, text, 1, max)
}
