import { setTimeout as sleep } from 'node:timers/promises'
import { paced } from '../state/load/paced.js'
import { between } from './cutting-proxy.js'

/** A process that has waited for a core must not come with all that it owes: it would be its own delay that good clients notice. */
const MOST_AT_ONCE = 2

/**
 * Keeps so many connections of one kind open: whoever is thrown out comes again, no faster than `perSecond`, as a stubborn attacker does.
 * A connection that comes to nothing counts as thrown out.
 */
export class Crowd {
  opened = 0
  thrownOut = 0
  refused = 0
  #open
  #want
  #comesAgain
  #staysMs
  #pending = 0
  #sockets = new Set()
  #stopComing
  #isOver = false

  /**
   * @param open called with a number that counts up; resolves with a socket when it is where it is to be
   * @param comesAgain false: each comes once
   * @param staysMs shortest and longest time after which it goes by itself, for another one to come
   */
  constructor ({ count, perSecond, open, comesAgain = true, staysMs }) {
    this.#open = open
    this.#want = count
    this.#comesAgain = comesAgain
    this.#staysMs = staysMs
    this.#stopComing = paced(perSecond, () => this.#come(), MOST_AT_ONCE)
  }

  get there () { return this.#sockets.size }

  /** Resolves when all have been opened or refused for the first time. */
  async allCame () {
    while (!this.#isOver && this.opened + this.refused < this.#want) await sleep(20)
  }

  end () {
    this.#isOver = true
    this.#stopComing()
    for (const socket of this.#sockets) socket.destroy()
    return this.counts()
  }

  counts () {
    return { opened: this.opened, refused: this.refused, thrownOut: this.thrownOut, there: this.there }
  }

  async #come () {
    const isEnough = this.#comesAgain ? this.there + this.#pending >= this.#want : this.opened + this.refused + this.#pending >= this.#want
    if (isEnough) return
    this.#pending++
    const socket = await this.#open(this.opened + this.refused + this.#pending).catch(() => null)
    this.#pending--
    this.#add(socket)
  }

  #add (socket) {
    if (socket === null) return this.refused++
    this.opened++
    if (this.#isOver) return socket.destroy()
    if (socket.destroyed) return this.thrownOut++
    this.#sockets.add(socket)
    socket.on('error', () => {})
    const timer = this.#staysMs === undefined ? undefined : setTimeout(() => this.#leave(socket), between(this.#staysMs))
    socket.once('close', () => {
      clearTimeout(timer)
      if (this.#sockets.delete(socket) && !this.#isOver) this.thrownOut++
    })
  }

  #leave (socket) {
    this.#sockets.delete(socket)
    socket.destroy()
  }
}
