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
  return new MseError('invalidParams', { path: shorten(path), reason })
}

/** The names in a path are the client's own where the schema leaves them open: an answer is no place to have one's text repeated. */
function shorten (path: string): string {
  return path.split('/').map((name) => name.slice(0, MAX_NAME_LENGTH)).join('/').slice(0, MAX_PATH_LENGTH)
}

/** In UTF-16 code units. */
const MAX_NAME_LENGTH = 64
const MAX_PATH_LENGTH = 128
