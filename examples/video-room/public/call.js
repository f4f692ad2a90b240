// @ts-check
import { LocalMedia } from './local-media.js'
import { Room } from './room.js'
import { StatsWatch } from './stats.js'

/**
 * @typedef {object} Views
 * @property {import('./room-view.js').RoomView} room
 * @property {import('./chat-view.js').ChatView} chat
 * @property {import('./status-view.js').StatusView} status
 * @property {import('./toolbar.js').Toolbar} toolbar
 */

/** One stay in a room: brings together the connection, the devices and what is seen of them. */
export class Call {
  /** @type {StatsWatch | undefined} */ #stats

  /**
   * @param {string} url @param {import('./token.js').TokenSource} tokens @param {Views} views
   * @param {(problem?: import('./problems.js').Problem) => void} onEnd
   */
  constructor (url, tokens, views, onEnd) {
    this.tokens = tokens
    this.views = views
    this.onEnd = onEnd
    this.local = new LocalMedia(() => this.#showLocal())
    this.room = new Room(url, tokens, {
      state: (state, problem) => this.#state(state, problem),
      joined: (session) => this.#joined(session),
      waiting: (words) => views.status.waiting(words),
      people: (people) => this.#people(people),
      chat: (chat) => views.chat.receive(chat)
    })
  }

  /** The devices open while the connection is being made; who only watches is in the room at once. @param {import('./local-media.js').Kind[]} kinds */
  async begin (kinds) {
    for (const mark of ['mse:join', 'mse:joined', 'mse:first-frame']) performance.clearMarks(mark)
    performance.mark('mse:join')
    this.#showLocal()
    this.#openDevices(kinds)
    await this.room.join()
  }

  /** @param {string} message @param {string[]} to */
  chat (message, to) { this.room.session?.chat(message, to) }

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
      track.addEventListener('ended', () => this.#unshare()) // the browser's own "stop sharing"
      // Otherwise `joined` sends it: before `start` has succeeded an offer would be refused.
      if (this.#isJoined) await this.room.session?.publisher.share(track, this.local.stream)
    } catch (error) {
      console.warn('The screen cannot be shared.', error)
      this.views.status.hint('The screen could not be shared.')
    }
  }

  leave () { this.room.leave() }

  async #unshare () {
    this.local.closeScreen()
    await this.room.session?.publisher.unshare()
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

  get #isJoined () { return document.body.dataset.state === 'joined' }

  #publish () {
    if (this.#isJoined) this.room.session?.publisher.send(this.local.stream)
  }

  /** @param {import('./session.js').Session} session */
  #joined (session) {
    performance.mark('mse:joined')
    this.#stats?.stop()
    this.#stats = new StatsWatch(session, this.views.room, (summary) => this.views.status.summary(summary))
    this.#publish()
    if (this.local.screen) session.publisher.share(this.local.screen, this.local.stream).catch((error) => console.warn('The screen is not shared any more.', error))
  }

  /** @param {import('./room.js').State} state @param {import('./problems.js').Problem} [problem] */
  #state (state, problem) {
    this.views.status.show(state, this.#stats !== undefined)
    if (state !== 'joined') this.#stats?.stop()
    if (state === 'idle' || state === 'failed') this.#end(problem)
  }

  /** @param {import('./problems.js').Problem} [problem] */
  #end (problem) {
    this.local.close()
    this.views.room.clear()
    this.views.status.hint('')
    this.onEnd(problem)
  }

  /** @param {import('./roster.js').People} people */
  #people (people) {
    this.views.room.showPeople(people)
    this.views.chat.showPeople(this.views.room.people)
  }

  #showLocal () {
    const { state } = document.body.dataset
    if (state === 'idle' || state === 'failed') return // its tracks ended because the call did
    this.views.room.showSelf(this.tokens.userId, this.local)
    this.views.toolbar.show(this.local)
  }
}
