import type { ClientOptions, TransportName } from './options.ts'

/** Every option with a value. */
export type Settings = Required<Omit<ClientOptions, 'url' | 'WebSocket' | 'clock'>> & Pick<ClientOptions, 'WebSocket'> & { readonly url: URL }

const TRANSPORTS: readonly TransportName[] = ['websocket', 'events', 'poll']

/** @throws TypeError that names the option and its value */
export function settingsOf (options: ClientOptions): Settings {
  const { getToken, transports = TRANSPORTS } = options
  if (typeof getToken !== 'function') throw new TypeError('getToken is a function that gives a token')
  const unknown = transports.find((name) => !TRANSPORTS.includes(name))
  if (unknown !== undefined || transports.length === 0) throw new TypeError(`transports: ${unknown ?? 'none'}; there are ${TRANSPORTS.join(', ')}`)
  const settings = {
    openTimeoutMs: 5_000,
    callTimeoutMs: 60_000,
    minBackoffMs: 500,
    maxBackoffMs: 20_000,
    upgradeIntervalMs: 60_000,
    silenceMs: 20_000,
    aliveTimeoutMs: 5_000,
    maxQueuedBytes: 1_048_576,
    messagesPerSecond: 40,
    WebSocket: (globalThis as { WebSocket?: unknown }).WebSocket as ClientOptions['WebSocket'],
    fetch: (input: Parameters<typeof fetch>[0], init?: RequestInit) => globalThis.fetch(input, init),
    random: Math.random,
    ...definedIn(options),
    getToken,
    transports,
    url: urlOf(options.url)
  } as Settings
  for (const [name, value] of Object.entries(settings)) if (typeof value === 'number' && !(value >= 0)) throw new TypeError(`${name}: ${value} is no amount`)
  return settings
}

/** An option that is given as undefined has its default. */
function definedIn (options: ClientOptions): Partial<ClientOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function urlOf (text: string): URL {
  const { href: base } = (globalThis as { location?: { href?: string } }).location ?? {}
  const url = new URL(text, base)
  url.protocol = url.protocol.replace(/^ws/, 'http')
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`url: ${text} is neither http: nor ws:`)
  return url
}
