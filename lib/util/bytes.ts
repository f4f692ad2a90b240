/** How many bytes a text has as UTF-8. */
export function byteLength (input: string | Uint8Array): number {
  return typeof input === 'string' ? Buffer.byteLength(input) : input.length
}
