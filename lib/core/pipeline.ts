import type { Call, Guard, GuardFactory, Middleware } from './call.ts'
import type { Contract } from '../protocol/contract.ts'

/** Runs a call: its guards, the app's middleware, the handler. Throws or rejects to refuse. */
export type Pipeline = (call: Call) => unknown

/**
 * Joins guards, middleware and handler into one function, once per method. Guards that the contract does not need are
 * not there at all, and without middleware nothing is allocated per call.
 */
export function compilePipeline (contract: Contract, factories: readonly GuardFactory[], middleware: readonly Middleware[], handler: Pipeline): Pipeline {
  const guards = factories.map((make) => make(contract)).filter((guard) => guard !== null)
  const inner = middleware.reduceRight<Pipeline>((next, layer) => (call) => layer(call, () => next(call)), handler)
  return guards.length === 0 ? inner : withGuards(guards, inner)
}

function withGuards (guards: readonly Guard[], inner: Pipeline): Pipeline {
  return (call) => {
    for (const guard of guards) guard(call)
    return inner(call)
  }
}
