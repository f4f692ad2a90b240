import { createHmac, randomBytes } from 'node:crypto'

/** A key of this run. */
export function newSecret () {
  return randomBytes(32).toString('hex')
}

/** A token that the benchmark's own server accepts, for a day: nobody here refreshes it, and a soak may take hours. */
export function tokenFor (secret, claims = { userId: 'load', roomId: 'load' }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1_000)
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, iat: now, exp: now + 86_400 })}`
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}
