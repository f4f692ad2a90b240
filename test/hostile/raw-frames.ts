/** Frames as no library would write them: lengths that lie, close codes that are none, messages in a thousand pieces. */
import { OPCODES, frame } from '../helpers/websocket-client.ts'

/** The header of a masked frame that announces so many bytes, in the form of RFC 6455, 5.2, that `width` says; what it announces does not come. */
export function announce (opcode: number, bytes: bigint, { width = 8, fin = true } = {}): Buffer {
  const header = Buffer.alloc(2 + width + 4)
  header[0] = (fin ? 0x80 : 0) | opcode
  header[1] = 0x80 | (width === 8 ? 127 : 126)
  if (width === 8) header.writeBigUInt64BE(bytes, 2)
  else header.writeUInt16BE(Number(bytes), 2)
  return header
}

/** A close frame; without a code it is empty. */
export function closeFrame (code?: number, reason: string | Buffer = ''): Buffer {
  if (code === undefined) return frame(OPCODES.close)
  const payload = Buffer.concat([Buffer.from([code >>> 8, code & 255]), Buffer.from(reason)])
  return frame(OPCODES.close, payload)
}

/** A message in pieces; `isFinished: false`: its last piece does not come. */
export function fragments (pieces: ReadonlyArray<string | Buffer>, { opcode = OPCODES.text as number, isFinished = true } = {}): Buffer {
  return Buffer.concat(pieces.map((piece, place) => frame(place === 0 ? opcode : OPCODES.continuation, piece, { fin: isFinished && place === pieces.length - 1 })))
}
