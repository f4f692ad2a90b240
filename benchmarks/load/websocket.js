// A client on raw sockets: its frames are made beforehand and answers are counted by frame, so that the server is what saturates.
import { jobOf, loadReady } from '../measured.js'
import { frameOf } from './frames.js'
import { RawWebSocket } from './raw-websocket.js'

/** `first` is what a connection says before, one after the other; `answersEach` is how many answers one frame brings. */
const { connections, inFlight, message, word, first = [], answersEach = 1, ...target } = jobOf()
let answers = 0

const frame = frameOf(message)
/** As many frames as there may be room for, ready to go in one write. */
const bursts = Array.from({ length: inFlight + 1 }, (_, count) => Buffer.concat(Array(count).fill(frame)))

async function open () {
  const socket = await RawWebSocket.open(target)
  for (const text of first) await socket.ask(text)
  const sample = await socket.ask(message, word)
  if (sample.split(word).length - 1 !== answersEach) throw new Error(`${message} was answered ${sample}`)
  socket.count(sample, (texts) => {
    answers += texts * answersEach
    socket.write(bursts[texts])
  })
  return socket
}

const sockets = []
for (let index = 0; index < connections; index++) sockets.push(await open())
for (const socket of sockets) socket.write(bursts[inFlight])
loadReady(() => answers)
