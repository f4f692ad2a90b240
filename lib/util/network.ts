/** Loopback and the addresses of private networks (RFC 1918, 3927, 4193, 4291). */
const LOCAL = /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/i

/** Longer texts are no addresses: with `trustProxy` a peer may write what it likes. */
const MAX_LENGTH = 64

/**
 * May that be the address of a proxy, behind which everybody is? Nobody on the internet has such an address; who registered the plugin
 * without `trustProxy` must not have all clients counted as one, and locked out by one of them.
 */
export function isLocalNetwork (address: string): boolean {
  return address === '' || LOCAL.test(address.startsWith('::ffff:') ? address.slice(7) : address)
}

/**
 * The network that an address stands for where somebody is counted: an IPv4 address alone, the first 64 bits of an IPv6 address. A
 * provider gives each customer at least so many (RFC 6177), so whoever has one such address has 2^64 of them.
 */
export function networkOf (address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address.slice(0, MAX_LENGTH)
  const [head = '', tail] = address.slice(0, MAX_LENGTH).toLowerCase().split('::', 2)
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return `${[...before, ...Array.from({ length: zeros }, () => '0'), ...after].slice(0, 4).join(':')}::/64`
}

function groupsOf (text: string): string[] {
  return text === '' ? [] : text.split(':').map((group) => group.replace(/^0+(?=.)/, ''))
}
