// Ordinary people: they come and go, their network is bad, and each of them checks what it hears.
import { setTimeout as sleep } from 'node:timers/promises'
import { answerCommands, settings } from '../state/commands.js'
import { between, cuttingProxy } from './cutting-proxy.js'
import { Person, seen } from './person.js'

const CONNECTION_LIVES_MS = [3_000, 40_000]
const PERSON_STAYS_MS = [10_000, 90_000]
const ROOM_SIZE = 4

let proxy
let comers = 0

/** One chair: somebody sits on it, and somebody else after that. */
async function chair (number) {
  for (;;) {
    const person = new Person({ url: `http://127.0.0.1:${proxy.port}/mse`, secret: settings.secret, userId: `person-${comers++}`, roomId: `people-${Math.floor(number / ROOM_SIZE)}` })
    await sleep(between(PERSON_STAYS_MS))
    await person.leave()
  }
}

answerCommands({
  async target ({ port }) { proxy = await cuttingProxy(port, CONNECTION_LIVES_MS) },
  begin: ({ count }) => { for (let number = 0; number < count; number++) chair(number) },
  /** What has happened so far. */
  seen: () => ({ ...seen, comers, cut: proxy.cut })
})
