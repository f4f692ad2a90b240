import { identityFromClaims, TokenRefused } from '../lib/session/claims.ts'
import type { Role } from '../lib/session/identity.ts'
import { oneOf, readArguments } from './arguments.ts'
import { seconds } from './duration.ts'
import { mint } from './mint.ts'
import type { Mint } from './mint.ts'
import { UsageError } from './usage-error.ts'

/** The flags of `mse token`. */
export const TOKEN_FLAGS = {
  secret: { value: '<secret>', help: 'the secret of the server (better in MSE_SECRET: others see command lines)' },
  user: { value: '<id>', help: 'who the token is for' },
  room: { value: '<id>', help: 'the room it opens' },
  role: { value: '<role>', help: 'user (default), admin or super' },
  agent: { value: '<agent>', help: 'web or mobile' },
  domain: { value: '<domain>', help: 'where the user belongs' },
  expires: { value: '<time>', help: '90s, 15m, 1h (default), 7d' }
} as const

const ROLES = ['user', 'admin', 'super'] as const satisfies Role[]
const AGENTS = ['web', 'mobile'] as const

/**
 * A token as `mse token` was asked for.
 *
 * @throws UsageError for a flag that is missing or wrong
 */
export function token (argv: readonly string[], env: NodeJS.ProcessEnv): string {
  const values = readArguments(TOKEN_FLAGS, argv, env)
  const claims: Mint = {
    user: required('user', values.user),
    room: required('room', values.room),
    role: oneOf('role', values.role ?? 'user', ROLES),
    agent: values.agent === undefined ? undefined : oneOf('agent', values.agent, AGENTS),
    domain: values.domain,
    expiresInSeconds: seconds('expires', values.expires ?? '1h')
  }
  check(claims)
  const secret = required('secret', values.secret)
  if (secret.includes('-----BEGIN ')) throw new UsageError('--secret is a key in PEM: tokens for it come from whoever has the private one')
  return mint(secret, claims)
}

function required (flag: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`--${flag} is missing`)
  return value
}

/** A token that the server would refuse is not worth printing. */
function check ({ user, room, role, agent, domain }: Mint): void {
  try {
    identityFromClaims({ userId: user, roomId: room, role, agent, domain }, { vouchedFor: true })
  } catch (error) {
    throw error instanceof TokenRefused ? new UsageError(error.message) : error
  }
}
