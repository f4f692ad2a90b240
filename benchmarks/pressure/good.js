// The clients that a flood must not hurt: each asks for an answer at times of its own, whether or not the last one has come.
import { setTimeout as sleep } from 'node:timers/promises'
import { answerCommands, settings } from '../state/commands.js'
import { FACES } from '../state/load/faces.js'
import { frameOf } from '../state/load/frames.js'
import { paced } from '../state/load/paced.js'
import { Latencies } from './latencies.js'
import { openPoster } from './poster.js'

const pingOf = (id) => `{"id":${id},"method":"ping","jsonrpc":"2.0"}`
/** A client that can resume says what it has, as PROTOCOL.md asks it to: the server keeps the rest. */
const ACK_EVERY = 16
const ackFrame = (received) => frameOf(JSON.stringify({ method: '$/ack', params: { received }, jsonrpc: '2.0' }))
/** An answer that is later than that is lost. */
const LOST_AFTER_MS = 10_000

let port = 0
const clients = []
/** Of the last second, and of the stretch that is under way. */
const second = new Latencies()
const stretch = new Latencies()

/** One client: what it has asked and not been answered, by its id. @param write sends a text */
function asker (write) {
  const askedAt = new Map()
  let lastId = 0
  const lose = (count) => {
    second.lost += count
    stretch.lost += count
  }
  return {
    get waiting () { return askedAt.size },
    ask () {
      askedAt.set(++lastId, performance.now())
      write(pingOf(lastId))
    },
    answered (id) {
      const ms = performance.now() - askedAt.get(id)
      askedAt.delete(id)
      second.add(ms)
      stretch.add(ms)
    },
    /** Those that nobody waits for any more. */
    giveUp () {
      const overdue = [...askedAt].filter(([, at]) => performance.now() - at > LOST_AFTER_MS)
      for (const [id] of overdue) askedAt.delete(id)
      lose(overdue.length)
    },
    gone () {
      lose(askedAt.size + 1)
      askedAt.clear()
    }
  }
}

async function addSocket (claims) {
  const link = await FACES['mse.v1.resume']({ port, secret: settings.secret, claims })
  const one = asker((text) => link.socket.write(frameOf(text)))
  let received = 0
  // What the server says of the link itself is a frame, too.
  link.onText = (payload) => {
    if (!payload.includes('"pong"')) return
    one.answered(JSON.parse(payload).id)
    if (++received % ACK_EVERY === 0) link.socket.write(ackFrame(received))
  }
  link.socket.once('close', one.gone)
  clients.push(one)
}

async function addPoster (claims) {
  const poster = await openPoster({ port, secret: settings.secret, claims })
  const one = asker(poster.post)
  poster.onAnswer = one.answered
  poster.socket.once('close', one.gone)
  clients.push(one)
}

/** @param perSecond questions of all together, spread evenly */
async function open ({ sockets, posters, perSecond }) {
  for (let number = 0; number < sockets; number++) await addSocket({ userId: `good-${number}`, roomId: `good-${number >> 2}` })
  for (let number = 0; number < posters; number++) await addPoster({ userId: `post-${number}`, roomId: `post-${number >> 2}` })
  let next = 0
  paced(perSecond, () => clients[next++ % clients.length].ask())
}

/** Waits for what is still open, so that a late answer is not taken for a quick one of the next stretch. @returns the stretch that ends here */
async function endStretch () {
  for (const endAt = performance.now() + LOST_AFTER_MS; performance.now() < endAt; await sleep(5)) {
    if (clients.every(({ waiting }) => waiting <= 1)) break
  }
  for (const client of clients) client.giveUp()
  return stretch.take()
}

answerCommands({ target: (args) => { port = args.port }, open, second: () => second.take(), endStretch })
