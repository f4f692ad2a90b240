// The clients of a measurement, in a process of their own: many idle links, and some that talk.
import { answerCommands, settings } from '../commands.js'
import { FACES } from './faces.js'
import { frameOf } from './frames.js'

/** Handshakes under way at once. */
const AT_ONCE = 64
const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'

let port = 0
const links = []

/**
 * Opens links until there are so many. Each session is of a user of its own.
 * @param roomSize how many sessions share a room
 * @param busy so many, the first ones, are in the room "busy"
 */
async function open ({ face, until, roomSize = 1, busy = 0 }) {
  let next = links.length
  const work = async () => {
    while (next < until) {
      const number = next++
      const roomId = number < busy ? 'busy' : `room-${Math.floor(number / roomSize)}`
      links[number] = await FACES[face]({ port, secret: settings.secret, claims: { userId: `user-${number}`, roomId } })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

function close () {
  for (const { socket } of links.splice(0)) socket.destroy()
}

/** Sends so many requests in all over the first `talkers` links, `inFlight` at a time on each. Resolves when all are answered. */
function ping ({ talkers, inFlight, requests }) {
  const frame = frameOf(PING)
  const bursts = Array.from({ length: inFlight + 1 }, (_, count) => Buffer.concat(Array(count).fill(frame)))
  return new Promise((resolve) => {
    let [unsent, unanswered] = [requests, requests]
    for (const link of links.slice(0, talkers)) {
      let due = inFlight
      const send = () => {
        const count = Math.min(due, unsent)
        due = 0
        unsent -= count
        if (count > 0) link.socket.write(bursts[count])
      }
      link.onText = () => {
        // All answers of one chunk are repaid with one write.
        if (due++ === 0) queueMicrotask(send)
        if (--unanswered === 0) resolve()
      }
      send()
    }
  })
}

/** Counts what is pushed to the first `listeners` links. */
let pushed = 0
let wanted = { count: Infinity, resolve () {} }

function listen ({ listeners }) {
  pushed = 0
  for (const link of links.slice(0, listeners)) link.onText = () => { if (++pushed >= wanted.count) wanted.resolve() }
}

function awaitPushed ({ count }) {
  return new Promise((resolve) => {
    wanted = { count, resolve }
    if (pushed >= count) resolve()
  })
}

answerCommands({ target: (args) => { port = args.port }, open, close, ping, listen, awaitPushed })
