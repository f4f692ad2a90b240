import { holdingClock } from '../util/clock.ts'
import type { ClientOptions, TransportName } from './options.ts'

/** Every option with a value. */
export type Settings = Required<Omit<ClientOptions, 'url' | 'WebSocket'>> & Pick<ClientOptions, 'WebSocket'> & { readonly url: URL }

const TRANSPORTS: readonly TransportName[] = ['websocket', 'events', 'poll']
const AMOUNTS = {
  openTimeoutMs: 5_000,
  callTimeoutMs: 60_000,
  minBackoffMs: 500,
  maxBackoffMs: 20_000,
  upgradeIntervalMs: 60_000,
  silenceMs: 20_000,
  aliveTimeoutMs: 5_000,
  maxQueuedBytes: 1_048_576,
  messagesPerSecond: 40
}
/** Where 0 is "for ever", or "never". */
const MAY_BE_ZERO: readonly string[] = ['callTimeoutMs', 'upgradeIntervalMs']

/** @throws TypeError that names the option and its value */
export function settingsOf (options: ClientOptions): Settings {
  const settings = {
    ...AMOUNTS,
    transports: TRANSPORTS,
    WebSocket: (globalThis as { WebSocket?: unknown }).WebSocket as ClientOptions['WebSocket'],
    fetch: globalThis.fetch,
    random: Math.random,
    clock: holdingClock,
    ...definedIn(options),
    url: urlOf(options.url)
  } as Settings
  for (const name of Object.keys(AMOUNTS) as Array<keyof typeof AMOUNTS>) {
    const value: unknown = settings[name]
    const isGood = typeof value === 'number' && (value > 0 || (value === 0 && MAY_BE_ZERO.includes(name)))
    if (!isGood) refuse(name, value, 'a positive number')
  }
  for (const name of ['getToken', 'fetch', 'random'] as const) if (typeof settings[name] !== 'function') refuse(name, settings[name], 'a function')
  const { transports } = settings
  const isGood = Array.isArray(transports) && transports.length > 0 && transports.every((name) => TRANSPORTS.includes(name))
  if (!isGood) refuse('transports', transports, `a list of ${TRANSPORTS.join(', ')}`)
  return settings
}

function refuse (name: string, value: unknown, expected: string): never {
  throw new TypeError(`${name}: ${String(value)} is not ${expected}`)
}

/** An option that is given as undefined has its default. */
function definedIn (options: ClientOptions): Partial<ClientOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function urlOf (text: string): URL {
  const { href: base } = (globalThis as { location?: { href?: string } }).location ?? {}
  try {
    const url = new URL(text, base)
    url.protocol = url.protocol.replace(/^ws/, 'http')
    if (/^https?:$/.test(url.protocol)) return url
  } catch {
    // No address at all.
  }
  return refuse('url', text, 'an address with http: or ws:')
}
