import type { FastifyInstance } from 'fastify'
import { checkNames, RULE_NAMES } from './check.ts'
import { NoKeyError } from './errors.ts'
import type { HostOptions } from './options.ts'
import { claimsBehind } from './source.ts'
import type { ClaimSource } from './source.ts'

/** Claims of tokens that the host's own @fastify/jwt takes, under the rules that it was registered with. */
export function hostSource (app: FastifyInstance, options: HostOptions): ClaimSource {
  checkNames(options, RULE_NAMES)
  const jwt = hostJwt(app)
  if (jwt === undefined) throw new NoKeyError()
  // Looked up at every call: an application may wrap it.
  return { verify: (token) => jwt.verify(token), requiredClaims: claimsBehind(jwt.options?.verify) }
}

interface HostJwt {
  verify (token: string): unknown
  readonly options?: { readonly verify?: object }
}

/** Not by the type of the decorator: with a namespace it has no `verify`, and a host may decorate `jwt` with something else. */
function hostJwt (app: FastifyInstance): HostJwt | undefined {
  const jwt: unknown = app.hasDecorator('jwt') ? Reflect.get(app, 'jwt') : undefined
  return typeof jwt === 'object' && jwt !== null && typeof Reflect.get(jwt, 'verify') === 'function' ? jwt as HostJwt : undefined
}
