import { isIPv4 } from 'node:net'

/**
 * Is that an address of the machine itself, where a proxy is to be believed? What `trustProxy: 'loopback'` of Fastify says, which takes both addresses apart each time that a request is asked
 * for its own: a tenth of all memory that a new connection takes up.
 */
export function isLoopbackAddress (address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  return plain.startsWith('127.') ? isIPv4(plain) : plain === '::1'
}
