// Processes that are asked over a pipe: the server on core 0, the load on core 1, where there is `taskset` and a second core.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { canPin, canYield } from '../processes.js'

/** The cores that the two sides are pinned to. */
export const CORES = { server: 0, load: 1 }

/** The command line of a Node program on one core; null: on all of them. */
function onCore (core, script, flags) {
  const own = [...flags, script]
  return canPin && core !== null ? ['taskset', ['-c', String(core), process.execPath, ...own]] : [process.execPath, own]
}

/** The same for one that has a core only when nobody else wants it, all of its threads: what collects its garbage, too. */
function yielding ([command, args]) {
  return canYield ? ['chrt', ['--idle', '0', command, ...args]] : ['nice', ['-n', '19', command, ...args]]
}

/** A child process that answers commands, see commands.js. */
export class Child {
  #process
  #open = new Map()
  #lastId = 0
  #gone

  /**
   * @param script relative to this folder
   * @param settings for the child, in its environment variable BENCH_SETTINGS
   * @param yields it has a core only when nobody else wants it
   * @param quiet what it writes to stdout is for nobody
   */
  constructor (script, { core = null, yields = false, settings = {}, flags = [], quiet = false }) {
    const plain = onCore(core, join(import.meta.dirname, script), flags)
    const [command, args] = yields ? yielding(plain) : plain
    const env = { ...process.env, BENCH_SETTINGS: JSON.stringify(settings) }
    this.#process = spawn(command, args, { stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit', 'ipc'], env })
    this.#process.on('message', (answer) => this.#settle(answer))
    this.#gone = once(this.#process, 'exit').then(([code, signal]) => this.#fail(`${script} has ended (${signal ?? code})`))
  }

  /** Sends a command and waits for what it answers. */
  ask (command, args = {}) {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#open.set(id, { resolve, reject })
      this.#process.send({ id, command, args })
    })
  }

  async stop () {
    this.#open.clear()
    this.#process.kill('SIGKILL')
    await this.#gone
  }

  #settle ({ id, result, error }) {
    const waiting = this.#open.get(id)
    this.#open.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error))
  }

  #fail (why) {
    for (const { reject } of this.#open.values()) reject(new Error(why))
    this.#open.clear()
  }
}

/** Runs `task` with a server and a load that knows its port, and ends both. */
export async function withServer (script, settings, task, flags = ['--expose-gc'], loadScript = 'load/load.js') {
  const server = new Child(`servers/${script}.js`, { core: CORES.server, settings, flags })
  const load = new Child(loadScript, { core: CORES.load, settings })
  try {
    await load.ask('target', { port: await server.ask('port') })
    return await task(server, load)
  } finally {
    await Promise.all([server.stop(), load.stop()])
  }
}
