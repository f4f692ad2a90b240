// A client on raw sockets: its frames are made beforehand and answers are counted by frame, so that the server is what saturates.
//   node load/websocket.js '{"port":1,"connections":50,"inFlight":16,"message":"...","first":["..."],"seconds":2}'
// Prints one line: answers per second.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

const { port, path = '/', protocol, connections, inFlight, message, first = [], seconds, warmUpSeconds = 0.7 } = JSON.parse(process.argv[2])
let answers = 0

/** A masked text frame (RFC 6455, section 5.2); the mask of zeros leaves the text as it is. */
function frameOf (text) {
  const payload = Buffer.from(text)
  const length = payload.length < 126 ? [payload.length | 0x80] : [126 | 0x80, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload])
}

const frame = frameOf(message)
/** As many frames as there may be room for, ready to go in one write. */
const bursts = Array.from({ length: inFlight + 1 }, (_, count) => Buffer.concat(Array(count).fill(frame)))

/** Counts the text frames in what comes, whatever its pieces. */
function counter () {
  let skip = 0
  let head = Buffer.alloc(0)
  return (chunk) => {
    let count = 0
    let data = head.length > 0 ? Buffer.concat([head, chunk]) : chunk
    head = Buffer.alloc(0)
    for (;;) {
      if (skip > 0) {
        const taken = Math.min(skip, data.length)
        data = data.subarray(taken)
        skip -= taken
        if (skip > 0) return count
      }
      if (data.length < 2 || (data[1] === 126 && data.length < 4) || (data[1] === 127 && data.length < 10)) {
        head = data
        return count
      }
      const isText = (data[0] & 15) === 1
      const [headerLength, length] = data[1] < 126 ? [2, data[1]] : data[1] === 126 ? [4, data.readUInt16BE(2)] : [10, data.readUInt32BE(6)]
      if (isText) count++
      skip = headerLength + length
    }
  }
}

function open () {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.setNoDelay(true)
    const subprotocol = protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n${subprotocol}\r\n`)
    const count = counter()
    let isUpgraded = false
    let greeted = 0
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      if (!isUpgraded) {
        const end = chunk.indexOf('\r\n\r\n')
        if (!chunk.toString('latin1', 0, 12).includes('101')) return reject(new Error(chunk.toString()))
        isUpgraded = true
        chunk = chunk.subarray(end + 4)
        if (first.length === 0) resolve(socket)
        else socket.write(frameOf(first[0]))
      }
      const came = count(chunk)
      if (greeted < first.length) {
        // One after the other: each is answered with one frame.
        greeted += came
        if (came > 0) greeted < first.length ? socket.write(frameOf(first[greeted])) : resolve(socket)
        return
      }
      answers += came
      for (let left = came; left > 0; left -= inFlight) socket.write(bursts[Math.min(left, inFlight)])
    })
  })
}

const sockets = []
for (let index = 0; index < connections; index++) sockets.push(await open())
for (const socket of sockets) socket.write(bursts[inFlight])
await new Promise((resolve) => setTimeout(resolve, warmUpSeconds * 1_000))
const [before, startedAt] = [answers, performance.now()]
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
console.log(Math.round((answers - before) * 1_000 / (performance.now() - startedAt)))
process.exit()
