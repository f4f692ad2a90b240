const EMPTY = Buffer.alloc(0)
const TEXT_OPCODE = 1

/** A masked text frame (RFC 6455, section 5.2); the mask of zeros leaves the text as it is. */
export function frameOf (text) {
  const payload = Buffer.from(text)
  const length = payload.length < 126 ? [payload.length | 0x80] : [126 | 0x80, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload])
}

/** Where the first frame's payload starts and ends in what came; null while it is not whole. */
export function firstFrame (data) {
  const start = headerLength(data, 0)
  if (start === 0) return null
  const end = start + payloadLength(data, 0)
  return end > data.length ? null : { isText: (data[0] & 15) === TEXT_OPCODE, start, end }
}

/** Counts the text frames in what comes, whatever its pieces, without looking into them: all have the length of the one that was looked at. */
export class FrameCounter {
  #bytes
  #skip = 0
  /** The beginning of a header whose rest has not come. */
  #head = EMPTY

  /** @param bytes the length of every text */
  constructor (bytes) {
    this.#bytes = bytes
  }

  /** @throws Error for a text of another length: it is an error, or something else that must not be counted */
  count (chunk) {
    const data = this.#head.length > 0 ? Buffer.concat([this.#head, chunk]) : chunk
    this.#head = EMPTY
    let texts = 0
    let at = this.#skip
    while (at < data.length) {
      const header = headerLength(data, at)
      if (header === 0) {
        // A copy: the next read overwrites the chunk.
        this.#head = Buffer.from(data.subarray(at))
        at = data.length
        break
      }
      const length = payloadLength(data, at)
      if ((data[at] & 15) === TEXT_OPCODE) {
        if (length !== this.#bytes) throw new Error(`a text of ${length} bytes instead of ${this.#bytes}: ${data.toString('utf8', at + header, at + header + length)}`)
        texts++
      }
      at += header + length
    }
    this.#skip = at - data.length
    return texts
  }
}

/** 0 while the header is not whole. */
function headerLength (data, at) {
  const left = data.length - at
  if (left < 2) return 0
  const needed = data[at + 1] < 126 ? 2 : data[at + 1] === 126 ? 4 : 10
  return left < needed ? 0 : needed
}

function payloadLength (data, at) {
  const short = data[at + 1]
  return short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : data.readUInt32BE(at + 6)
}
