/** Somebody who is there before an attack and is to notice nothing of it. */
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { join } from '../helpers/websocket-client.ts'

/** Looks whether the server is as it was. */
export interface IsUnharmed {
  (): Promise<void>
  /** The session is answered, and has had the time to answer the server's ping. */
  answers (): Promise<void>
}

/**
 * A session that is open while a server is attacked. What it returns is called afterwards: the session is still answered, no other
 * session or link is left, and nothing was rejected that nobody caught.
 */
export async function standBy (t: Test, app: FastifyInstance): Promise<IsUnharmed> {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => { rejections.push(reason) }
  process.on('unhandledRejection', onRejection)
  t.teardown(() => process.off('unhandledRejection', onRejection))
  const witness = await join(app, { userId: 'witness' })
  const answers = async (): Promise<void> => {
    for (let count = 0; count < 2; count++) await witness.call('ping')
  }
  return Object.assign(async () => {
    while (app.mse.openLinks > 1 || app.mse.sessions.size > 1) await new Promise(setImmediate)
    t.match(await witness.call('ping'), { result: 'pong' }, 'another session is answered')
    t.strictSame([...app.mse.sessions.values()].map(({ identity }) => identity?.userId), ['witness'], 'no session is left')
    t.strictSame(rejections, [], 'nothing was rejected unhandled')
  }, { answers })
}
