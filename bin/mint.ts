import { createSigner } from 'fast-jwt'
import type { Role } from '../lib/session/identity.ts'

/** What a token made here says. */
export interface Mint {
  readonly user: string
  readonly room: string
  readonly expiresInSeconds: number
  readonly role?: Role | undefined
  readonly agent?: 'web' | 'mobile' | undefined
  readonly domain?: string | undefined
}

/** A token for one user and room, signed with HS256. */
export function mint (secret: string, { user, room, expiresInSeconds, role, agent, domain }: Mint): string {
  const sign = createSigner({ key: secret, algorithm: 'HS256', expiresIn: expiresInSeconds * 1000 })
  const optional = Object.entries({ role, agent, domain }).filter(([, value]) => value !== undefined)
  return sign({ userId: user, roomId: room, ...Object.fromEntries(optional) })
}
