// Servers and loads are processes of their own: each saturates one core, and none shares its garbage collector with what it is measured against.
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const SERVER_CORE = 0
const LOAD_CORE = 1
const STOP_TIMEOUT_MS = 2_000
/** For whoever wants to know where a server spends its time: BENCH_SERVER_FLAGS="--cpu-prof --cpu-prof-dir=/tmp/profiles". */
const SERVER_FLAGS = process.env.BENCH_SERVER_FLAGS?.split(' ') ?? []

/** Is there a second core, and `taskset` to keep the server and the load apart? */
export const canPin = availableParallelism() > 1 && await succeeds('taskset', ['--version'])

/** Is there `chrt`, and may it let a process run only while nobody else wants a core? */
export const canYield = await succeeds('chrt', ['--idle', '0', 'true'])

function succeeds (command, args) {
  return promisify(execFile)(command, args).then(() => true, () => false)
}

/** A process that says when it is ready and then answers questions about itself; see `measured.js`. */
export class MeasuredProcess {
  /** What it said when it was ready. */
  ready = null
  #script
  #child

  constructor (script, child) {
    this.#script = script
    this.#child = child
  }

  get pid () { return this.#child.pid }

  /** What it has counted so far. */
  async read () {
    if (!this.#child.connected) throw this.#gone()
    const message = this.#message()
    this.#child.send('read')
    return message
  }

  /** It has no processor from now on, until `resume`. */
  pause () { this.#child.kill('SIGSTOP') }
  resume () { this.#child.kill('SIGCONT') }

  /** Ends it by its own channel, so that a profile is written; by force when it does not hear. */
  async stop () {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exit
    clearTimeout(timer)
  }

  /** Why stands above it, in what the process has written itself. */
  #gone () {
    return new Error(`${this.#script} has ended`)
  }

  /** @throws Error when it ends instead */
  async #message () {
    const abort = new AbortController()
    try {
      const ended = once(this.#child, 'exit', abort).then(() => { throw this.#gone() })
      const [message] = await Promise.race([once(this.#child, 'message', abort), ended])
      return message
    } finally {
      abort.abort()
    }
  }

  static async start (script, core, { args = [], flags = [], env = {} }) {
    const command = canPin ? { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...flags] } : { execArgv: flags }
    const child = fork(join(import.meta.dirname, script), args, { ...command, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, ...env } })
    const measured = new MeasuredProcess(script, child)
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
  return MeasuredProcess.start(join('servers', `${name}.js`), SERVER_CORE, { env, flags: SERVER_FLAGS })
}

/** Starts `load/<name>.js` with a job; it is ready when everything is open and under load. */
export function startLoad (name, job) {
  return MeasuredProcess.start(join('load', `${name}.js`), LOAD_CORE, { args: [JSON.stringify(job)] })
}
