// Sockets that break and come back: each worker goes away without a word, connects, says one text and waits for its answer.
import { jobOf, loadReady } from '../measured.js'
import { RawWebSocket } from './raw-websocket.js'

/** `first` opens a session, which each new socket resumes; without it the new socket says `message`. */
const { workers, first = [], message, word, ...target } = jobOf()
let answers = 0

/** What a new socket says: the same each time, as nothing was sent that would be numbered. */
async function greetingOf () {
  if (first.length === 0) return message
  const socket = await RawWebSocket.open(target)
  for (const text of first) await socket.ask(text)
  const { session, epoch } = JSON.parse(await socket.next()).params
  socket.destroy()
  return JSON.stringify({ id: 1, method: '$/resume', jsonrpc: '2.0', params: { session, epoch, received: 0 } })
}

async function work (greeting) {
  for (;;) {
    const socket = await RawWebSocket.open(target)
    await socket.ask(greeting, word)
    socket.destroy()
    answers++
  }
}

const greetings = []
for (let index = 0; index < workers; index++) greetings.push(await greetingOf())
for (const greeting of greetings) work(greeting)
loadReady(() => answers)
