// @ts-check
/* global addEventListener */
import { backoffMs, pause } from './backoff.js'
import { problemOf } from './problems.js'
import { Session } from './session.js'

/** Before the first success a fault is more likely a wrong address than a passing one. */
const FIRST_ATTEMPTS = 4
/** A session that lasted this long counts as a success: the next loss starts with a short delay again. */
const STEADY_MS = 10_000

/** @typedef {'connecting' | 'joined' | 'failed' | 'idle'} State */

/**
 * @typedef {object} RoomEvents
 * @property {(state: State, problem?: import('./problems.js').Problem) => void} state
 * @property {(session: Session) => void} joined at each success, also after an interruption
 * @property {(words: string) => void} waiting
 * @property {(people: import('./roster.js').People) => void} people
 * @property {(chat: { from: string, to: string[], message: string }) => void} chat
 */

/** Keeps one participant in a room across lost connections, until `leave` or an error that waiting cannot mend. */
export class Room {
  /** @type {Session | undefined} */ session
  #abort = new AbortController()
  #attempt = 0
  #everJoined = false

  /**
   * @param {string} url @param {import('./token.js').TokenSource} tokens @param {RoomEvents} events
   */
  constructor (url, tokens, events) {
    this.url = url
    this.tokens = tokens
    this.events = events
  }

  async join () {
    while (!this.#abort.signal.aborted) {
      this.events.state('connecting')
      const problem = problemOf(await this.#once())
      if (this.#abort.signal.aborted) return
      if (!this.#mayRetry(problem)) return this.events.state('failed', problem)
      await this.#holdOff(problem)
    }
  }

  /** Idempotent. */
  leave () {
    if (this.#abort.signal.aborted) return
    this.#abort.abort()
    this.session?.close()
    this.events.state('idle')
  }

  /** One session from beginning to end; resolves with the reason of its end. @returns {Promise<unknown>} */
  async #once () {
    /** @type {Session | undefined} */ let session
    let joinedAt = Infinity
    try {
      const credentials = await this.tokens.take()
      if (this.#abort.signal.aborted) return
      session = this.session = new Session(this.url, credentials, this.tokens, this.events)
      await session.begin()
      if (this.#abort.signal.aborted) return
      joinedAt = performance.now()
      this.#everJoined = true
      this.events.state('joined')
      this.events.joined(session)
      return await session.lost
    } catch (error) {
      return error
    } finally {
      session?.close()
      if (performance.now() - joinedAt > STEADY_MS) this.#attempt = 0
      // After `leave` the views may belong to the next call already.
      if (!this.#abort.signal.aborted) this.events.people(new Map())
    }
  }

  /** @param {import('./problems.js').Problem} problem */
  #mayRetry (problem) {
    return problem.retry && (this.#everJoined || this.#attempt + 1 < FIRST_ATTEMPTS)
  }

  /** @param {import('./problems.js').Problem} problem */
  async #holdOff (problem) {
    const delayMs = backoffMs(this.#attempt++)
    this.events.state('connecting')
    this.events.waiting(`${problem.title}. ${problem.text} Trying again in ${Math.ceil(delayMs / 1000)} s.`)
    await Promise.race([pause(delayMs, this.#abort.signal), backOnline(this.#abort.signal)])
  }
}

/** There is no use in waiting on when the network has just come back. @param {AbortSignal} signal @returns {Promise<void>} */
function backOnline (signal) {
  return new Promise((resolve) => addEventListener('online', () => resolve(), { once: true, signal }))
}
