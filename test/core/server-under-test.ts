/** A server without sockets for unit tests: a log that can be read, a clock that is moved by hand, tokens that are claims as JSON. */
import { createMse } from '../../lib/mse.ts'
import type { MseConfig } from '../../lib/mse.ts'
import type { MseServer } from '../../lib/core/server.ts'
import { identityFromClaims } from '../../lib/session/claims.ts'
import type { Session } from '../../lib/session/session.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { MemoryLink } from '../../lib/testing/memory-link.ts'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import type { Logger } from '../../lib/util/logger.ts'

/** One line of the log. */
export interface LogLine {
  readonly level: keyof Logger
  readonly details: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A client as a unit test sees it: both of its ends. */
export interface Peer {
  readonly session: Session
  readonly link: MemoryLink
  /** Sends a request or a notification (`id` null). */
  send (method: string, params?: unknown, id?: number | string | null): void
  /** The next frame, parsed. */
  next (): Promise<Record<string, unknown>>
}

/** What a unit test works with. */
export interface Bench {
  readonly server: MseServer
  readonly clock: FakeClock
  readonly engine: RecordingEngine
  readonly log: readonly LogLine[]
  open (): Peer
  /** A session that has authenticated, and whose answer has been read. */
  join (userId: string, claims?: object): Promise<Peer>
}

export function bench (config: Partial<MseConfig> = {}): Bench {
  const clock = new FakeClock()
  const engine = new RecordingEngine()
  const log: LogLine[] = []
  const line = (level: keyof Logger) => (details: object, message: string): void => { log.push({ level, details: { ...details }, message }) }
  const server = createMse({
    authenticate: (token) => identityFromClaims(JSON.parse(token), { nowMs: clock.now(), vouchedFor: true }),
    engine,
    clock,
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    ...config
  })
  const open = (): Peer => {
    const link = new MemoryLink()
    const session = server.open(link, '192.0.2.1')
    return {
      session,
      link,
      send: (method, params, id = 1) => session.receive(JSON.stringify({ id, method, jsonrpc: '2.0', params })),
      next: async () => JSON.parse(await link.next() ?? 'null') as Record<string, unknown>
    }
  }
  const join: Bench['join'] = async (userId, claims = {}) => {
    const peer = open()
    peer.send('auth', { token: JSON.stringify({ userId, roomId: 'lobby', ...claims }), version: '1.0' })
    const answer = await peer.next()
    if (answer['result'] !== 'authenticated') throw new Error(JSON.stringify(answer))
    return peer
  }
  return { server, clock, engine, log, open, join }
}

/** One turn of the event loop: every promise that can settle has settled after it. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
