// The limit of forwarding in Node: packets of the same size and rate, encrypted once for each receiver and sent, without any protocol.
import { createCipheriv, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { paced } from '../load/paced.js'
import { FRAMES_PER_SECOND, PACKETS_PER_FRAME, PACKET_BYTES } from '../load/stream.js'
import { answerCommands, measurements } from '../commands.js'

const HEADER_BYTES = 12
const key = randomBytes(16)
const payload = randomBytes(PACKET_BYTES)
const header = Buffer.alloc(HEADER_BYTES, 0x80)
const iv = Buffer.alloc(12)
const receivers = []
let number = 0

function encrypt () {
  iv.writeUInt32BE(number++)
  const cipher = createCipheriv('aes-128-gcm', key, iv)
  cipher.setAAD(header)
  return Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()])
}

/** As the engine has it: a socket for each receiver. */
async function receive ({ ports }) {
  for (const port of ports) {
    const socket = createSocket('udp4')
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve))
    receivers.push({ socket, port })
  }
}

function frame () {
  for (let packet = 0; packet < PACKETS_PER_FRAME; packet++) {
    for (const { socket, port } of receivers) socket.send(encrypt(), port, '127.0.0.1')
  }
}

paced(FRAMES_PER_SECOND, frame)
answerCommands({ ...measurements, port: () => 0, receive })
