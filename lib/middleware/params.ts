import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { GuardFactory } from '../core/call.ts'
import { MseError } from '../protocol/errors.ts'

/** -32602 with the first fault, never with the value. The schema is compiled once, when the method is added. */
export const params: GuardFactory = (contract) => {
  const schema = TypeCompiler.Compile(contract.params)
  const acceptsNone = schema.Check({})
  return ({ params }) => {
    if (params === undefined && acceptsNone) return
    if (!isObject(params)) throw invalid('', 'Expected object')
    if (schema.Check(params)) return
    // `First` stops at the first fault: collecting all of a large array's takes half a second.
    const fault = schema.Errors(params).First()
    throw invalid(fault?.path ?? '', fault?.message ?? 'Invalid value')
  }
}

function isObject (value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid (path: string, reason: string): MseError {
  // A path ends in the client's own key names where the schema has patterns: keep the answer short.
  return new MseError('invalidParams', { path: path.slice(0, 128), reason })
}
