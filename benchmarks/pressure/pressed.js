import { newSecret } from '../token.js'
import { Child } from '../state/processes.js'

/** For whoever wants to try some: PRESSURE_SERVER_FLAGS="--max-semi-space-size=2". */
const NODE_FLAGS = process.env.PRESSURE_SERVER_FLAGS?.split(' ').filter(Boolean) ?? []

/** The clients that a flood must not hurt. */
const GOOD = { sockets: 40, posters: 20, perSecond: 600 }
export const GOOD_SOCKETS = GOOD.sockets + 2 * GOOD.posters
export const GOOD_SESSIONS = GOOD.sockets + GOOD.posters

/**
 * Runs `mse serve` and the others, asks `task` with all of them, and ends them. None is pinned to a core: four threads that collect the server's garbage beside it
 * would share its core, and their pauses, not the flood, would be what good clients notice.
 * @param names of the scripts of this folder that are to be there, the good clients first
 * @param flags of `mse serve`
 */
export async function withServed (names, task, flags = []) {
  const settings = { secret: newSecret(), flags }
  const child = (name, nodeFlags) => new Child(`../pressure/${name}.js`, { settings, flags: nodeFlags, yields: name === 'attacker', quiet: true })
  const server = child('server', ['--expose-gc', ...NODE_FLAGS])
  const others = names.map((name) => child(name))
  try {
    const port = await server.ask('port')
    for (const other of others) await other.ask('target', { port })
    await others[0].ask('open', GOOD)
    return await task(server, ...others)
  } finally {
    await Promise.all([server, ...others].map((one) => one.stop()))
  }
}

/** Collects all garbage, which good clients feel: what they say of it is asked for here, so that it belongs to no stretch. */
export async function memoryOf (server, good) {
  const memory = await server.ask('memory')
  await good.ask('endStretch')
  await good.ask('second')
  return memory
}
