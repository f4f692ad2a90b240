/** One hostile body over every face, and what has to be true after each of them. */
import t from 'tap'
import type { Test } from 'tap'
import type { Client } from '../matrix/client.ts'
import { openWorld } from '../matrix/harness.ts'
import type { Transport, World, WorldOptions } from '../matrix/harness.ts'
import { nothingIsAstray } from './stray-errors.ts'

/** Where a rule about messages is tried: without a socket, on one, and by requests. */
export const FACES: readonly Transport[] = ['memory', 'websocket', 'post']

/** Opens a server on the face whose turn it is. */
export type OpenServer = (options?: WorldOptions) => Promise<World>

/** Tries one case on each face. When the body is done, somebody else is still served there, and whoever came has left nothing behind. */
export function everyFace (title: string, body: (t: Test, open: OpenServer) => Promise<void>, faces = FACES): void {
  for (const face of faces) {
    t.test(`${title} (${face})`, async (t) => {
      const worlds: WatchedWorld[] = []
      await body(t, async (options) => {
        const watched = await watch(await openWorld(t, face, options))
        worlds.push(watched)
        return watched.world
      })
      for (const watched of worlds) await isAlive(t, watched)
      await nothingIsAstray(t)
    })
  }
}

/** The id of the user who has nothing to do with a case. */
const BYSTANDER = 'bystander'

interface WatchedWorld {
  readonly world: World
  readonly bystander: Client
  readonly clients: readonly Client[]
}

/** Puts a bystander into the world, and remembers who comes after. */
async function watch (world: World): Promise<WatchedWorld> {
  const bystander = await world.join(BYSTANDER, { roomId: 'elsewhere' })
  const clients: Client[] = []
  const note = async (coming: Promise<Client>): Promise<Client> => {
    const client = await coming
    clients.push(client)
    return client
  }
  return { world: { ...world, open: () => note(world.open()), join: (...who) => note(world.join(...who)) }, bystander, clients }
}

async function isAlive (t: Test, { world, bystander, clients }: WatchedWorld): Promise<void> {
  const { mse, transport, clock } = world
  t.equal(await bystander.succeed('ping'), 'pong', 'somebody else has an answer')
  for (const session of mse.sessions.values()) t.equal(session.callsInFlight, 0, 'no call keeps a place')
  // Those who were too fast may speak again.
  clock.advance(5_000)
  for (const client of clients) transport === 'post' ? client.tell('disconnect') : client.wire.leave()
  while (mse.sessions.size > 1 || mse.openLinks > 1) await new Promise(setImmediate)
  t.pass('no session and no link is left')
}
