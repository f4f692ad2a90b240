/** One server and its clients in the same words for every transport: a test says what is sent and what comes back, not over what. */
import Fastify from 'fastify'
import type { Test } from 'tap'
import { mse } from '../../plugins/mse.ts'
import type { Mse } from '../../plugins/mse.ts'
import { createAuthenticate } from '../../plugins/jwt.ts'
import type { JwtOptions } from '../../plugins/jwt.ts'
import type { Limits } from '../../lib/core/limits.ts'
import type { MediaEngine } from '../../lib/media/engine.ts'
import type { Environment } from '../../lib/middleware/environment.ts'
import { createMse } from '../../lib/mse.ts'
import type { NotificationId } from '../../lib/protocol/codec.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { makeToken, TEST_SECRET } from '../helpers/tokens.ts'
import type { TokenClaims } from '../helpers/tokens.ts'
import { Client } from './client.ts'
import { memoryWire, resumeWire, websocketWire } from './wires.ts'
import type { Wire } from './wires.ts'
import { httpWire } from './wires-http.ts'

/** What the server of a test is made with. */
export interface WorldOptions {
  readonly environment?: Environment
  /** @default a RecordingEngine, which is `world.engine` */
  readonly engine?: MediaEngine | null
  readonly notificationId?: NotificationId
  readonly semanticStatus?: boolean
  readonly limits?: Partial<Limits>
  /** @default HS256 with the secret that `world.token` signs with */
  readonly jwt?: JwtOptions
  /** @default so long that no test meets a ping: time is moved by hours here */
  readonly pingIntervalMs?: number
}

/** A server under test. */
export interface World {
  readonly transport: Transport
  readonly clock: FakeClock
  readonly engine: RecordingEngine
  readonly mse: Pick<Mse, 'method' | 'use' | 'room' | 'on' | 'counters' | 'sessions' | 'openLinks'>
  /** `http://...` where there is one. */
  readonly url: string
  open (): Promise<Client>
  /** A token that is good for an hour from the clock's now on. */
  token (claims?: TokenClaims): string
  /** A client that has authenticated, and started when `start` says so. */
  join (userId: string, options?: { roomId?: string, start?: boolean }): Promise<Client>
  /** The server goes down in order. */
  shutdown (): Promise<void>
}

/** What carries a test. */
export type Transport = 'memory' | 'websocket' | 'resume' | 'post' | 'events' | 'poll'

/** Clients of every transport come from here. */
export const CLIENT_ADDRESS = '127.0.0.1'

const NEVER_MS = 1e12

/** A server of its own, gone when the test is over. */
export async function openWorld (t: Test, transport: Transport, options: WorldOptions = {}): Promise<World> {
  const startedAt = Math.floor(Date.now() / 1000)
  const clock = new FakeClock(startedAt * 1000)
  const engine = new RecordingEngine()
  const { mse, url, connect, shutdown } = await SERVERS[transport](t, clock, options.engine === undefined ? engine : options.engine, options)
  const token = (claims: TokenClaims = {}): string => makeToken({ iat: startedAt, exp: clock.now() / 1000 + 3_600, ...claims })
  const open = async (): Promise<Client> => {
    const wire = await connect()
    t.teardown(() => wire.leave())
    return new Client(wire)
  }
  const join: World['join'] = async (userId, { roomId = 'lobby', start = false } = {}) => {
    const client = await open()
    await client.succeed('auth', { token: token({ userId, roomId }), version: '1.0' })
    if (start) await client.succeed('start')
    return client
  }
  return { transport, clock, engine, mse, url, open, token, join, shutdown }
}

interface Running {
  readonly mse: World['mse']
  readonly url: string
  connect (): Promise<Wire>
  shutdown (): Promise<void>
}

type Server = (t: Test, clock: FakeClock, engine: MediaEngine | null, options: WorldOptions) => Promise<Running>

const SERVERS: Readonly<Record<Transport, Server>> = {
  async memory (_t, clock, engine, { environment, notificationId, limits, jwt }) {
    const server = createMse({
      authenticate: await createAuthenticate(Fastify(), jwt ?? { secret: TEST_SECRET }, { clock }),
      engine,
      clock,
      ...(environment === undefined ? {} : { environment }),
      ...(notificationId === undefined ? {} : { notificationId }),
      ...(limits === undefined ? {} : { limits })
    })
    return { mse: server, url: '', connect: async () => memoryWire(server, CLIENT_ADDRESS), shutdown: async () => server.close() }
  },

  websocket: overHttp((url) => websocketWire(url.replace('http', 'ws'))),
  resume: overHttp((url) => resumeWire(url.replace('http', 'ws'))),
  post: overHttp(async (url, isPolled) => httpWire({ url, downstream: 'post', isPolled })),
  events: overHttp(async (url, isPolled) => httpWire({ url, downstream: 'events', isPolled })),
  poll: overHttp(async (url, isPolled) => httpWire({ url, downstream: 'poll', isPolled }))
}

/** Everything on one port, as an application has it. Nothing depends on real time, and nothing happens because time is moved by hours. */
function overHttp (connect: (url: string, isPolled: (session: string) => Promise<void>) => Promise<Wire>): Server {
  return async (t, clock, engine, { environment, notificationId, semanticStatus, limits, jwt, pingIntervalMs }) => {
    // A request under way at the end of a test would keep its connection, and the server, for as long as keep-alive lasts.
    const app = Fastify({ forceCloseConnections: true })
    t.teardown(() => app.close())
    await app.register(mse, {
      jwt: jwt ?? { secret: TEST_SECRET },
      clock,
      pingIntervalMs: pingIntervalMs ?? NEVER_MS,
      pollTimeoutMs: NEVER_MS,
      heartbeatMs: NEVER_MS,
      resumeWindowMs: NEVER_MS,
      // The clock stands still: whoever is to be closed later would never be.
      drainTimeoutMs: 0,
      ...(engine === null ? {} : { engine }),
      ...(environment === undefined ? {} : { environment }),
      ...(notificationId === undefined ? {} : { notificationId }),
      ...(semanticStatus === undefined ? {} : { semanticStatus }),
      ...limits
    })
    const url = await app.listen({ host: CLIENT_ADDRESS, port: 0 })
    const isPolled = async (id: string): Promise<void> => {
      for (;;) {
        const session = app.mse.sessions.get(id)
        if (session === undefined || session.transport === 'poll') return
        await new Promise(setImmediate)
      }
    }
    return { mse: app.mse, url, connect: () => connect(`${url}/mse`, isPolled), shutdown: () => app.close() }
  }
}
