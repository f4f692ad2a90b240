// @ts-check
import { pause } from './backoff.js'
import { CandidateRouter } from './candidates.js'
import { isTemporary, problemOf } from './problems.js'
import { Publisher } from './publisher.js'
import { Signalling } from './signalling.js'
import { Subscriber } from './subscriber.js'
import { expiresAtMs } from './token.js'

const DEFAULT_RETRY_MS = 3_000
const RENEW_BEFORE_MS = 60_000
/** setTimeout fires at once beyond this. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * @typedef {object} SessionEvents
 * @property {(words: string) => void} waiting the server asked to come back later
 * @property {(people: import('./roster.js').People) => void} people
 * @property {(chat: { from: string, to: string[], message: string }) => void} chat
 */

/** One MSE session: a socket and the two peer connections that live and die with it. */
export class Session {
  #tokens
  #events
  #abort = new AbortController()
  /** @type {(why: Error) => void} */ #lose = () => {}

  /**
   * @param {string} url
   * @param {import('./token.js').Credentials} credentials
   * @param {import('./token.js').TokenSource} tokens
   * @param {SessionEvents} events
   */
  constructor (url, credentials, tokens, events) {
    this.#tokens = tokens
    this.#events = events
    this.token = credentials.token
    this.signalling = new Signalling(url, (method, params) => this.#notified(method, params))
    const leg = this.#legOptions(credentials.iceServers)
    this.publisher = new Publisher(leg)
    this.subscriber = new Subscriber({ ...leg, changed: (people) => this.#unlessClosed(() => events.people(people)) })
    this.candidates = new CandidateRouter([this.publisher.connection, this.subscriber.connection])
    /** Resolves with the reason when this session is of no more use. @type {Promise<Error>} */
    this.lost = new Promise((resolve) => { this.#lose = resolve })
    this.signalling.closed.then((reason) => this.#lose(reason))
  }

  /** Resolves when the media engine has taken us. */
  async begin () {
    await this.signalling.opened
    await this.#patiently('auth', { token: this.token, version: '1.0' })
    await this.#patiently('start')
    this.#renewLater()
  }

  /** @param {string} message @param {string[]} to */
  chat (message, to) {
    this.signalling.notify('chat', { to, message })
  }

  /** Idempotent. */
  close () {
    if (this.#abort.signal.aborted) return
    this.#abort.abort()
    this.signalling.notify('disconnect')
    this.signalling.close()
    this.publisher.close()
    this.subscriber.close()
  }

  /** @param {RTCIceServer[]} iceServers @returns {import('./publisher.js').LegOptions} */
  #legOptions (iceServers) {
    return {
      iceServers,
      sendDescription: (offer) => this.signalling.notify('sdpOffer', { offer }),
      sendCandidate: (candidate) => this.signalling.notify('iceCandidate', { candidate }),
      described: () => this.candidates.flush(),
      lost: (why) => this.#lose(new Error(why))
    }
  }

  /** Calls again for as long as the server says when to. @param {string} method @param {object} [params] */
  async #patiently (method, params) {
    while (!this.#abort.signal.aborted) {
      try {
        return await this.signalling.call(method, params)
      } catch (error) {
        if (!isTemporary(error)) throw error
        await this.#wait(/** @type {import('./signalling.js').CallError} */ (error))
      }
    }
  }

  /** @param {import('./signalling.js').CallError} error */
  async #wait (error) {
    const afterMs = Math.max(250, error.data.retryAfterMs ?? DEFAULT_RETRY_MS)
    const { title, text } = problemOf(error)
    this.#events.waiting(`${title}. ${text} Trying again in ${Math.ceil(afterMs / 1000)} s.`)
    // A lost link ends the wait: the next call then fails with its reason.
    await Promise.race([pause(afterMs, this.#abort.signal), this.signalling.closed])
  }

  /** What was under way when the session was closed must not reach views that show the next one. @param {() => void} act */
  #unlessClosed (act) {
    if (!this.#abort.signal.aborted) act()
  }

  /** @param {string} method @param {any} params */
  #notified (method, params) {
    if (this.#abort.signal.aborted) return
    if (method === 'sdpOffer') return this.#described(params.offer)
    if (method === 'iceCandidate') return this.candidates.route(params.candidate)
    if (method === 'chat') return this.#events.chat(params)
    console.debug('Not known to this page:', method)
  }

  /** The type alone says which connection a description belongs to. @param {RTCSessionDescriptionInit} description */
  #described (description) {
    const leg = description.type === 'answer' ? this.publisher.answer(description) : this.subscriber.offer(description)
    leg.catch((error) => console.error('A description failed.', error))
  }

  /** `auth` again on a live session exchanges the token and changes nothing else. */
  #renewLater () {
    const endsAt = expiresAtMs(this.token)
    if (!this.#tokens.renewable || endsAt === undefined) return
    const inMs = Math.min(MAX_TIMEOUT_MS, Math.max(1_000, endsAt - Date.now() - RENEW_BEFORE_MS))
    pause(inMs, this.#abort.signal).then(() => this.#renew()).catch((error) => console.warn('The token was not renewed.', error))
  }

  async #renew () {
    if (this.#abort.signal.aborted) return
    this.token = (await this.#tokens.take()).token
    await this.signalling.call('auth', { token: this.token, version: '1.0' })
    this.#renewLater()
  }
}
