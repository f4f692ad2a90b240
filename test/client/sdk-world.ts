/** The client against a server of this process, and a queue of what it is told. */
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { Chat, type MseOptions, defineMethod, defineNotification } from '../../index.ts'
import type { ClientEvents } from '../../lib/client/api.ts'
import { Client } from '../../lib/client/client.ts'
import type { ClientOptions, StateEvent, TransportName } from '../../lib/client/options.ts'
import { forgetTransports } from '../../lib/client/transport-choice.ts'
import { type CloseName, closeReason } from '../../lib/protocol/close-codes.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

export const TRANSPORTS: readonly TransportName[] = ['websocket', 'events', 'poll']

/** Something that a test waits for. */
export class Gate<T = void> {
  readonly promise: Promise<T>
  open: (value: T) => void = () => {}

  constructor () {
    this.promise = new Promise((resolve) => { this.open = resolve })
  }
}

/** Waits in the server until the test lets it go. */
export const Hold = defineMethod({ name: 'hold', params: Type.Object({ n: Type.Integer() }), result: Type.Integer() })
/** Is answered at once with what it was asked. */
export const Echo = defineMethod({ name: 'echo', params: Type.Object({ text: Type.String() }), result: Type.String() })
/** Is noted by the server. */
export const Note = defineNotification({ name: 'note', direction: 'client', params: Type.Object({ n: Type.Integer(), padding: Type.Optional(Type.String()) }) })

export interface World {
  readonly app: FastifyInstance
  readonly url: string
  /** What ran, in order. */
  readonly ran: Array<string | number>
  /** Lets calls of `hold` be answered, also those that come later. */
  readonly release: Gate
  /** Resolves when so much has run. */
  hasRun (count: number): Promise<void>
}

/** A server with the methods above. */
export async function startServer (t: Test, options: MseOptions = {}): Promise<World> {
  const ran: Array<string | number> = []
  const release = new Gate()
  const waiting = new Set<() => void>()
  const note = (what: string | number): void => {
    ran.push(what)
    for (const wake of [...waiting]) wake()
  }
  const hasRun = (count: number): Promise<void> => new Promise((resolve) => {
    const look = (): void => {
      if (ran.length < count) return
      waiting.delete(look)
      resolve()
    }
    waiting.add(look)
    look()
  })
  t.teardown(() => release.open())
  const app = await startApp(t, { drainTimeoutMs: 0, ...options }, { fastify: { forceCloseConnections: true } })
  app.mse.method(Hold, async ({ n }) => {
    note(`hold ${n}`)
    await release.promise
    return n
  })
  app.mse.method(Echo, ({ text }) => {
    note(text)
    return text
  })
  app.mse.method(Note, ({ n }) => note(n))
  return { app, url: `http://127.0.0.1:${portOf(app)}/mse`, ran, release, hasRun }
}

/** The server says something to everybody in the room. */
export function say (app: FastifyInstance, message: string): void {
  app.mse.room('lobby').notify(Chat, { from: 'server', to: [], message })
}

/** The server ends every session with this code. */
export function endAll (app: FastifyInstance, name: CloseName): void {
  for (const session of [...app.mse.sessions.values()]) session.end(closeReason(name))
}

/** What a client was told, to be looked at and to be waited for. */
export interface Probe {
  readonly client: Client
  readonly told: { [Name in keyof ClientEvents]: Array<ClientEvents[Name]> }
  /** `<state> <transport>` of every change. */
  readonly states: string[]
  /** The change of state for which this is so: an earlier one, or one that comes. */
  state (is: (event: StateEvent, index: number) => boolean): Promise<StateEvent>
  /** It was told so often of that. */
  times (name: keyof ClientEvents, count: number): Promise<void>
}

/** Pauses of a test are short. */
export const SHORT = { minBackoffMs: 20, maxBackoffMs: 60 }

/** A client that is closed with the test. */
export function connect (t: Test, url: string, options: Partial<ClientOptions> = {}): Probe {
  forgetTransports()
  const told: Probe['told'] = { state: [], session: [], reset: [], drain: [], notification: [] }
  const states: string[] = []
  const waiting = new Set<() => void>()
  const client = new Client({ url, getToken: () => makeToken(), WebSocket, ...SHORT, ...options })
  for (const name of Object.keys(told) as Array<keyof ClientEvents>) {
    client.on(name, (event: never) => {
      told[name].push(event)
      if (name === 'state') states.push(inWords(event))
      for (const wake of [...waiting]) wake()
    })
  }
  const until = <T> (look: () => T | undefined): Promise<T> => new Promise((resolve) => {
    const again = (): void => {
      const found = look()
      if (found === undefined) return
      waiting.delete(again)
      resolve(found)
    }
    waiting.add(again)
    again()
  })
  t.teardown(() => client.close())
  return {
    client,
    told,
    states,
    state: (is) => until(() => told.state.find(is)),
    times: (name, count) => until(() => told[name].length >= count || undefined) as Promise<unknown> as Promise<void>
  }
}

/** A client that is open. */
export async function connected (t: Test, url: string, options: Partial<ClientOptions> = {}): Promise<Probe> {
  const probe = connect(t, url, options)
  await probe.state(({ state }) => state === 'open')
  return probe
}

export const isOpen = ({ state }: StateEvent): boolean => state === 'open'
export const isClosed = ({ state }: StateEvent): boolean => state === 'closed'

function inWords ({ state, transport }: StateEvent): string {
  return transport === null ? state : `${state} ${transport}`
}
