// @ts-check
import { createClient } from './lib/client/index.js'
import { Figures } from './figures.js'
import { LocalMedia } from './local-media.js'
import { isPassing, problemOf, waitingFor } from './problems.js'

/** Before the first success a fault is more likely a wrong address than a passing one. */
const FIRST_ATTEMPTS = 4

/**
 * @typedef {object} Views
 * @property {import('./room-view.js').RoomView} room
 * @property {import('./chat-view.js').ChatView} chat
 * @property {import('./status-view.js').StatusView} status
 * @property {import('./toolbar.js').Toolbar} toolbar
 */

/** Somebody looks at the page and waits. */
const MAX_BACKOFF_MS = 5_000

/** One stay in a room: brings together the client, the devices and what is seen of them. */
export class Call {
  #everJoined = false
  #attempts = 0
  /** @type {unknown} what ends the call */ #fault
  /** @type {Figures | undefined} */ #figures

  /**
   * @param {string} url @param {import('./token.js').TokenSource} tokens @param {Views} views
   * @param {(problem?: import('./problems.js').Problem) => void} onEnd
   */
  constructor (url, tokens, views, onEnd) {
    this.tokens = tokens
    this.views = views
    this.onEnd = onEnd
    this.local = new LocalMedia(() => this.#showLocal())
    /** @type {import('../../../lib/client/index.ts').MseClient} */
    this.client = createClient({ url, getToken: () => tokens.take(), iceServers: () => tokens.iceServers, maxBackoffMs: MAX_BACKOFF_MS })
    this.#listen(this.client, this.client.media)
  }

  /** The devices open while the connection is being made; who only watches is in the room at once. @param {import('./local-media.js').Kind[]} kinds */
  async begin (kinds) {
    for (const mark of ['mse:join', 'mse:joined', 'mse:first-frame']) performance.clearMarks(mark)
    performance.mark('mse:join')
    this.#showState()
    this.#showLocal()
    this.client.media.start().catch((error) => this.#fail(error))
    await this.#openDevices(kinds)
  }

  /** @param {string} message @param {string[]} to */
  chat (message, to) { this.client.notify('chat', { to, message }) }

  /** @param {import('./local-media.js').Kind} kind */
  async toggle (kind) {
    this.views.status.hint(await this.local.toggle(kind))
    this.#publish()
  }

  async share () {
    try {
      if (this.local.screen) return await this.#unshare()
      const track = await this.local.openScreen()
      if (!track) return
      track.addEventListener('ended', () => this.local.closeScreen()) // the browser's own "stop sharing"
      await this.client.media.share(track)
    } catch (error) {
      console.warn('The screen cannot be shared.', error)
      this.views.status.hint('The screen could not be shared.')
    }
  }

  leave () { this.client.close() }

  /** @param {import('../../../lib/client/index.ts').MseClient} client @param {import('../../../lib/client/index.ts').Media} media */
  #listen (client, media) {
    const people = () => {
      this.views.room.showPeople(media.people)
      this.views.chat.showPeople([...media.people.keys()])
    }
    media.on('stream', people)
    media.on('gone', people)
    media.on('state', ({ state, error }) => state === 'idle' && error ? this.#fail(error) : this.#showState())
    media.on('waiting', ({ error, retryInMs }) => this.views.status.waiting(waitingFor(error, retryInMs)))
    client.on('state', ({ state, failure, retryInMs }) => {
      if (state === 'closed') return this.#end(this.#fault ?? failure)
      this.#showState()
      if (failure) this.#interrupted(failure, retryInMs)
    })
    client.on('chat', (chat) => this.views.chat.receive(chat))
    client.on('reset', ({ uncertain }) => {
      if (uncertain.some(({ method }) => method === 'chat')) this.views.status.hint('Your last message may not have reached the others.')
    })
  }

  /** @param {unknown} failure @param {number} [retryInMs] */
  #interrupted (failure, retryInMs) {
    this.views.status.waiting(waitingFor(failure, retryInMs))
    const isHopeless = !isPassing(failure) || (!this.#everJoined && ++this.#attempts >= FIRST_ATTEMPTS)
    if (isHopeless) this.#fail(failure)
  }

  #showState () {
    const { client } = this
    if (client.state === 'closed') return
    const isJoined = client.state === 'open' && client.media.state === 'started'
    if (isJoined && !this.#everJoined) {
      this.#everJoined = true
      performance.mark('mse:joined')
      this.#figures = new Figures(client.media, this.views.room, (stats) => this.views.status.summary(stats, client.transport))
    }
    this.views.status.show(isJoined ? 'joined' : 'connecting', this.#everJoined)
  }

  async #unshare () {
    this.local.closeScreen()
    await this.client.media.unshare()
  }

  /** @param {import('./local-media.js').Kind[]} kinds */
  async #openDevices (kinds) {
    const missing = await this.local.open(kinds)
    if (missing) this.views.status.hint(`${missing} ${this.#without()}`)
    this.#publish()
  }

  #without () {
    if (this.local.track('audio')) return 'You are in with sound only; the camera button tries again.'
    if (this.local.track('video')) return 'You are in without sound; the microphone button tries again.'
    return 'You can watch and chat; the buttons below try again.'
  }

  #publish () {
    this.client.media.publish(this.local.stream).catch((error) => console.debug('Nothing is published.', error))
  }

  /** @param {unknown} error */
  #fail (error) {
    this.#fault ??= error
    this.leave()
  }

  /** @param {unknown} fault */
  #end (fault) {
    const problem = fault ? problemOf(fault) : undefined
    this.#figures?.stop()
    this.views.status.show(problem ? 'failed' : 'idle')
    this.local.close()
    this.views.room.clear()
    this.views.status.hint('')
    this.onEnd(problem)
  }

  #showLocal () {
    if (this.client.state === 'closed') return // its tracks ended because the call did
    this.views.room.showSelf(this.tokens.userId, this.local)
    this.views.toolbar.show(this.local)
  }
}
