import { newSecret } from '../token.js'
import { CORES, Child } from '../state/processes.js'

/** The clients that a flood must not hurt. */
const GOOD = { sockets: 40, posters: 20, perSecond: 600 }
export const GOOD_SOCKETS = GOOD.sockets + 2 * GOOD.posters
export const GOOD_SESSIONS = GOOD.sockets + GOOD.posters

/**
 * Runs `mse serve` on one core and the others on the other, asks `task` with all of them, and ends them.
 * @param names of the scripts of this folder that are to be there, the good clients first
 * @param flags of `mse serve`
 */
export async function withServed (names, task, flags = []) {
  const settings = { secret: newSecret(), flags }
  const child = (name, core, nodeFlags = []) => new Child(`../pressure/${name}.js`, { core, settings, flags: nodeFlags, quiet: true })
  const server = child('server', CORES.server, ['--expose-gc'])
  const others = names.map((name) => child(name, CORES.load))
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
