// WebSocket frames by hand (RFC 6455, section 5.2), so that the load costs as little as it can.

export const OPCODES = { text: 1, close: 8, ping: 9, pong: 10 }

/** A masked frame; the mask of zeros leaves the payload as it is. */
export function frameOf (payload, opcode = OPCODES.text) {
  const bytes = Buffer.from(payload)
  const length = bytes.length < 126 ? [bytes.length | 0x80] : [126 | 0x80, bytes.length >> 8, bytes.length & 255]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), bytes])
}

/** Takes a server's bytes apart, whatever their pieces. `onFrame` gets the opcode and the payload of each frame. */
export function frameReader (onFrame) {
  let rest = null
  return (chunk) => {
    let data = rest === null ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const end = endOf(data)
      if (end === null || end.frame > data.length) break
      onFrame(data[0] & 15, data.subarray(end.header, end.frame))
      data = data.subarray(end.frame)
    }
    // A copy: a view would hold the whole chunk.
    rest = data.length === 0 ? null : Buffer.from(data)
  }
}

/** Where the header and the frame end; null when it is too short to tell. */
function endOf (data) {
  if (data.length < 2) return null
  const short = data[1] & 127
  const header = short < 126 ? 2 : short === 126 ? 4 : 10
  if (data.length < header) return null
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : data.readUInt32BE(6)
  return { header, frame: header + length }
}
