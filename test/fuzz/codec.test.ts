import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { type MessageId, decode, encodeCall, encodeError, encodeNotification, encodeResult } from '../../lib/protocol/index.ts'
import { errorCodeOf } from '../../lib/protocol/codec.ts'
import { expected, isAmbiguous } from './codec-reference.ts'
import { holds } from './holds.ts'
import { nearlyMessage, style, write } from './json-text.ts'

const id: fc.Arbitrary<MessageId> = fc.oneof(fc.maxSafeInteger(), fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), fc.constantFrom('0', '\ud800', '"', '\\', 'null'))
const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  .filter((value) => !/"(?:__proto__|constructor)"/.test(JSON.stringify(value)))
const params = fc.dictionary(fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__' && key !== 'constructor'), json, { maxKeys: 4 }).map((value) => ({ ...value }))
const method = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })

/** As a reader sees it: -0 is 0 in JSON. */
const canonical = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

t.test('whatever text a value is written as, the codec says of it what PROTOCOL.md says', (t) => holds(t, fc.property(nearlyMessage, style, (node, style) => {
  fc.pre(!isAmbiguous(node))
  return isDeepStrictEqual(decode(write(node, style)), expected(node))
}), 1_500))

t.test('bytes and strings are read alike', (t) => holds(t, fc.property(nearlyMessage, style, (node, style) => {
  const text = write(node, style)
  return isDeepStrictEqual(decode(Buffer.from(text)), decode(text))
}), 300))

t.test('no bytes and no string make it throw, or make more of them than of the same text', (t) => holds(t, fc.property(
  fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.tuple(nearlyMessage, style, fc.nat(), fc.nat(255)).map(([node, style, at, byte]) => {
    const bytes = Buffer.from(write(node, style))
    bytes[at % bytes.length] = byte
    return bytes
  })),
  (bytes) => {
    const read = decode(bytes)
    const text = Buffer.from(bytes).toString()
    const isText = Buffer.from(text).equals(bytes)
    return isDeepStrictEqual(read, isText ? decode(text) : { kind: 'fault', error: 'parse', id: null })
  }
), 1_000))

t.test('what is written is read as it was', (t) => holds(t, fc.property(id, method, params, (id, method, params) => {
  return isDeepStrictEqual(decode(encodeCall(id, method, params)), { kind: 'call', method, id: id === 0 ? 0 : id, params: canonical(params) }) &&
    isDeepStrictEqual(decode(encodeNotification(method, params)), { kind: 'call', method, id: null, params: canonical(params) }) &&
    isDeepStrictEqual(decode(encodeNotification(method, params, 'omit')), { kind: 'call', method, id: null, params: canonical(params) })
}), 500))

t.test('answers are read as they were, and their codes without reading all of them', (t) => holds(t, fc.property(id, json, fc.integer({ min: -40_000, max: -1 }), fc.string(), (id, data, code, message) => {
  const [result, error] = [encodeResult(id, data), encodeError(id, { code, message, data })]
  return isDeepStrictEqual(decode(result), { kind: 'response', id, result: data, error: undefined }) &&
    isDeepStrictEqual(decode(error), { kind: 'response', id, result: undefined, error: { code, message, data } }) &&
    errorCodeOf(result) === null && errorCodeOf(error) === code
}), 500))
