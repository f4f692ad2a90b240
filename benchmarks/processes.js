// Servers and loads are processes of their own: each saturates one core, and none shares its garbage collector with what it is measured against.
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const SERVER_CORE = 0
const LOAD_CORE = 1
const STOP_TIMEOUT_MS = 2_000

/** Is there a second core, and `taskset` to keep the server and the load apart? */
export const canPin = availableParallelism() > 1 && await promisify(execFile)('taskset', ['--version']).then(() => true, () => false)

/** A process that says when it is ready and then answers questions about itself; see `measured.js`. */
export class MeasuredProcess {
  /** What it said when it was ready. */
  ready = null
  #child

  constructor (child) {
    this.#child = child
  }

  get pid () { return this.#child.pid }

  /** What it has counted so far. */
  read () {
    const message = this.#message()
    this.#child.send('read')
    return message
  }

  /** Ends it by its own channel, so that a profile is written; by force when it does not hear. */
  async stop () {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exit
    clearTimeout(timer)
  }

  /** @throws Error when it ends instead */
  async #message () {
    const abort = new AbortController()
    try {
      const ended = once(this.#child, 'exit', abort).then(([code, signal]) => { throw new Error(`${this.#child.spawnargs.at(-1)} ended with ${code ?? signal}`) })
      const [message] = await Promise.race([once(this.#child, 'message', abort), ended])
      return message
    } finally {
      abort.abort()
    }
  }

  static async start (script, core, { args = [], env = {} } = {}) {
    const pinned = canPin ? { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath] } : {}
    const child = fork(join(import.meta.dirname, script), args, { ...pinned, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, ...env } })
    const measured = new MeasuredProcess(child)
    try {
      measured.ready = await measured.#message()
    } catch (error) {
      await measured.stop()
      throw error
    }
    return measured
  }
}

/** Starts `servers/<name>.js`; its `ready` has the port. */
export function startServer (name, env) {
  return MeasuredProcess.start(join('servers', `${name}.js`), SERVER_CORE, { env })
}

/** Starts `load/<name>.js` with a job; it is ready when everything is open and under load. */
export function startLoad (name, job) {
  return MeasuredProcess.start(join('load', `${name}.js`), LOAD_CORE, { args: [JSON.stringify(job)] })
}
