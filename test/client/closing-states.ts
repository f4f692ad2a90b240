/** The states in which a client can be closed, each made on purpose. */
import { WebSocket } from 'ws'
import { Client } from '../../lib/client/client.ts'
import type { ClientOptions, StateEvent, TransportName, WebSocketConstructor } from '../../lib/client/options.ts'
import { forgetTransports } from '../../lib/client/transport-choice.ts'
import type { FakeClock } from '../../lib/testing/fake-clock.ts'
import { makeToken } from '../helpers/tokens.ts'

/** Where the servers are. */
export interface Places {
  /** One that works. */
  readonly url: string
  /** One that takes every request and says nothing. */
  readonly muteUrl: string
}

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:1/mse'

/** Makes a client that is in that state, or will be in it for ever. */
export type Make = (places: Places, transport: TransportName, clock?: FakeClock) => Promise<Client>

const make = (url: string, transport: TransportName, options: Partial<ClientOptions> = {}): Client =>
  new Client({ url, transports: [transport], getToken: () => makeToken(), WebSocket, ...options })
const timed = (clock: FakeClock | undefined): Partial<ClientOptions> => clock === undefined ? {} : { clock }
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

export function told (client: Client, is: (event: StateEvent) => boolean): Promise<void> {
  return new Promise((resolve) => { client.on('state', (event) => { if (is(event)) resolve() }) })
}

async function opened (client: Client): Promise<Client> {
  await told(client, ({ state }) => state === 'open')
  return client
}

/** The first handshake fails, the later ones lead to a server that says nothing. */
function firstNowhere (muteUrl: string): { WebSocket: WebSocketConstructor, isTried: Promise<void> } {
  let attempts = 0
  let tried = (): void => {}
  const isTried = new Promise<void>((resolve) => { tried = resolve })
  class Elsewhere extends WebSocket {
    constructor (_url: string, protocols: string[]) {
      super((attempts++ === 0 ? NOBODY : muteUrl).replace('http', 'ws'), protocols)
      if (attempts > 1) tried()
    }
  }
  return { WebSocket: Elsewhere, isTried }
}

export const STATES: Readonly<Record<string, Make>> = {
  'just made': async ({ url }, transport, clock) => make(url, transport, timed(clock)),
  connecting: async ({ muteUrl }, transport, clock) => {
    const client = make(muteUrl, transport, timed(clock))
    for (let turns = 0; turns < 20; turns++) await turn()
    return client
  },
  'with a token that does not come': async ({ url }, transport, clock) => {
    const client = make(url, transport, { ...timed(clock), getToken: () => new Promise(() => {}) })
    await turn()
    return client
  },
  open: ({ url }, transport, clock) => opened(make(url, transport, timed(clock))),
  'with a call under way': async ({ url }, transport, clock) => {
    const client = await opened(make(url, transport, timed(clock)))
    client.call('hold' as 'ping', { n: 1 } as never).catch(() => {})
    await client.call('ping')
    return client
  },
  'with more than the server takes at once': async ({ url }, transport, clock) => {
    const client = await opened(make(url, transport, { ...timed(clock), messagesPerSecond: 1, maxQueuedBytes: 400 }))
    try {
      for (;;) client.notify('chat', { to: ['nobody'], message: 'one of many' })
    } catch {
      return client
    }
  },
  'in a pause': async (_places, transport, clock) => {
    const client = make(NOBODY, transport, timed(clock))
    client.call('ping').catch(() => {})
    await told(client, ({ retryInMs }) => retryInMs !== undefined)
    return client
  },
  'after a session that the server ended': async ({ url }, transport, clock) => {
    const client = await opened(make(url, transport, timed(clock)))
    await client.call('disconnect' as 'ping').catch(() => {})
    return client
  },
  'by a way that is not the best': ({ url }, transport, clock) => {
    forgetTransports()
    const { WebSocket } = firstNowhere(url)
    return opened(make(url, transport, { ...timed(clock), transports: ['websocket', transport === 'websocket' ? 'poll' : transport], WebSocket }))
  },
  'while it moves to something better': async ({ url, muteUrl }, transport, clock) => {
    forgetTransports()
    const { WebSocket, isTried } = firstNowhere(muteUrl)
    const lesser = transport === 'websocket' ? 'events' : transport
    const client = make(url, transport, { ...timed(clock), transports: ['websocket', lesser], WebSocket, upgradeIntervalMs: 10 })
    await opened(client)
    clock?.advance(20)
    await isTried
    return client
  }
}
