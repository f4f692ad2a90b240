import { createClient } from '../../dist/lib/client/node.js'
import { tokenFor } from '../token.js'

const TRANSPORTS = ['websocket', 'events', 'poll']
const SAYS_EVERY_MS = 1_000

/** What all together have seen. */
export const seen = { heard: 0, outOfOrder: 0, resets: 0, failures: 0 }

/** Somebody with the client of this package who counts aloud, and checks that everybody else in the room does it right. */
export class Person {
  #client
  #timer
  #said = 0
  /** The last number of each that was heard. */
  #numbers = new Map()

  constructor ({ url, secret, userId, roomId }) {
    const transport = TRANSPORTS[Math.floor(Math.random() * TRANSPORTS.length)]
    this.#client = createClient({ url, getToken: () => tokenFor(secret, { userId, roomId }), transports: [transport] })
    this.#client.on('chat', ({ from, message }) => this.#hear(from, Number(message)))
    this.#client.on('reset', () => { seen.resets++ })
    this.#client.on('state', ({ state, failure }) => { if (state === 'closed' && failure !== undefined) seen.failures++ })
    this.#timer = setInterval(() => this.#client.notify('chat', { to: [], message: String(++this.#said) }), SAYS_EVERY_MS)
  }

  async leave () {
    clearInterval(this.#timer)
    await this.#client.close()
  }

  #hear (from, number) {
    const last = this.#numbers.get(from)
    this.#numbers.set(from, number)
    seen.heard++
    if (last !== undefined && number !== last + 1) seen.outOfOrder++
  }
}
