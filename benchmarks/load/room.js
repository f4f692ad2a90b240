// A room: one sender, many readers that only count what they get. The next message goes out when half of the readers have the last one, so that the server
// always has one waiting and never two at once, which it could then write together.
import { jobOf, loadReady } from '../measured.js'
import { RawStream } from './raw-stream.js'
import { frameOf } from './frames.js'
import { RawWebSocket } from './raw-websocket.js'
import { openSession } from './sessions.js'

/** At once: a thousand handshakes in one instant would not fit the queue of a listening socket. */
const OPENED_AT_ONCE = 20

/**
 * `greetings`: texts that come unasked; `first`: what a WebSocket says before, each is answered; `opening`: how a stream's session is opened;
 * `message`: what the sender says; `delivered`: what each of the others gets then, at its end.
 */
const { readers, kind, greetings = 0, first = [], opening, message, delivered, ...target } = jobOf()
const url = `http://127.0.0.1:${target.port}${target.path}`
let deliveries = 0
let sent = 0

const open = {
  websocket: async () => {
    const socket = await RawWebSocket.open(target)
    for (let count = 0; count < greetings; count++) await socket.next()
    for (const text of first) await socket.ask(text)
    return socket
  },
  events: async () => RawStream.open(target, opening === undefined ? {} : await openSession(url, opening))
}[kind]

const newSender = {
  websocket: async () => {
    const socket = await open()
    const frame = frameOf(message)
    return () => socket.write(frame)
  },
  events: async () => RawStream.poster(target, opening === undefined ? {} : await openSession(url, opening), message)
}[kind]

async function openAll () {
  const all = []
  while (all.length < readers) all.push(...await Promise.all(Array.from({ length: Math.min(OPENED_AT_ONCE, readers - all.length) }, open)))
  return all
}

function say () {
  sent++
  send()
}

function delivery (count) {
  deliveries += count
  if (deliveries >= (sent - 0.5) * readers) say()
}

const send = await newSender()
const all = await openAll()
send()
for (const sample of await Promise.all(all.map((reader) => reader.next()))) {
  if (!sample.endsWith(delivered)) throw new Error(`got ${sample} instead of ${delivered}`)
}
for (const reader of all) reader.count(delivered, delivery)
say()
loadReady(() => deliveries)
