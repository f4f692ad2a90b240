/** Of the mask, which is in front of what it masks (RFC 6455, section 5.3). */
export const MASK_BYTES = 4
/** The bit that no ASCII character has. */
const NOT_ASCII = 0x80
/** From so many bytes on, four are unmasked at a time; what that needs costs as much as 300 by themselves. */
const WORDS_FROM = 512

/** Takes the mask, which is in front of a text, from the text, in place; a second time puts it back. @returns is all of the text ASCII? */
export function unmask (chunk: Buffer, start: number, end: number): boolean {
  return ((end - start < WORDS_FROM ? unmaskBytes(chunk, start, start, end) : unmaskAll(chunk, start, end)) & NOT_ASCII) === 0
}

/** All of them return the bits that any byte has. */
function unmaskAll (chunk: Buffer, start: number, end: number): number {
  const misaligned = (chunk.byteOffset + start) % 4
  const words = misaligned === 0 ? start : start + 4 - misaligned
  const rest = end - (end - words) % 4
  return unmaskBytes(chunk, start, start, words) | unmaskWords(chunk, start, words, rest) | unmaskBytes(chunk, start, rest, end)
}

/** @param start of the text, before which the mask is */
function unmaskBytes (chunk: Buffer, start: number, from: number, to: number): number {
  let bits = 0
  for (let index = from, mask = start - MASK_BYTES; index < to; index++) {
    const byte = (chunk[index] as number) ^ (chunk[mask + ((index - start) & 3)] as number)
    chunk[index] = byte
    bits |= byte
  }
  return bits
}

/** The same where memory is aligned. */
function unmaskWords (chunk: Buffer, start: number, from: number, to: number): number {
  const mask = start - MASK_BYTES
  const turned = Uint8Array.from({ length: 4 }, (_, index) => chunk[mask + ((from - start + index) & 3)] as number)
  const word = new Uint32Array(turned.buffer)[0] as number
  const words = new Uint32Array(chunk.buffer, chunk.byteOffset + from, (to - from) / 4)
  let bits = 0
  for (let index = 0; index < words.length; index++) {
    const plain = (words[index] as number) ^ word
    words[index] = plain
    bits |= plain
  }
  return bits | (bits >>> 8) | (bits >>> 16) | (bits >>> 24)
}
