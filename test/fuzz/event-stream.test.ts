import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { EventStreamParser, type StreamedEvent } from '../../lib/client/transports/event-stream.ts'
import { holds } from './holds.ts'

const PIECES = [
  'data', 'event', 'id', 'retry', ':', ': ', ':  ', '\n', '\n', '\n\n', '\r', '\r\n', '\r\n\r\n', 'a', 'open', 'message', '{"a":1}', 'abcdefgh.7', ' ', '\0', '\ufeff', 'é', '€', '😀', '\u2028', '\u0085',
  'data: one\n', 'data:two\r\n', 'data:   three \n', 'id: 5\n', 'id: 6\0\n', 'event: ping\r', 'event:  open\n', 'id\n', 'data\n', ':\n', 'data: four\n\n', 'id: 7\ndata: five\r\n\r\n'
]
/** Mostly what a stream is made of, with bytes among it that are no text. */
const stream = fc.array(fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...PIECES).map((piece) => Buffer.from(piece)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes)) }
), { maxLength: 60 }).map((pieces) => Buffer.concat(pieces))

/** The standard, word for word, over the whole text at once. https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
function interpret (bytes: Uint8Array): StreamedEvent[] {
  const events: StreamedEvent[] = []
  let [data, event, id] = ['', '', '']
  const lines = new TextDecoder().decode(bytes).replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n')
  lines.pop() // the last one has no end
  for (const line of lines) {
    if (line === '') {
      if (data !== '') events.push({ event: event === '' ? 'message' : event, id, data: data.slice(0, -1) });
      [data, event] = ['', '']
    }
    if (line === '' || line.startsWith(':')) continue
    const [, field = '', value = ''] = /^([^:]*)(?::[ ]?(.*))?$/s.exec(line) ?? []
    if (field === 'data') data += `${value}\n`
    if (field === 'event') event = value
    if (field === 'id' && !value.includes('\0')) id = value
  }
  return events
}

function parse (chunks: readonly Uint8Array[]): StreamedEvent[] {
  const events: StreamedEvent[] = []
  const parser = new EventStreamParser((event) => { events.push(event) })
  for (const chunk of chunks) parser.push(chunk)
  return events
}

/** In pieces of these lengths, over and over. */
function chunksOf (bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let [from, turn] = [0, 0]; from < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    chunks.push(bytes.subarray(from, from + length))
    from += length
  }
  return chunks
}

const lengths = fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }).filter((all) => all.some((length) => length > 0))

t.test('any stream in any pieces is told as the standard tells the whole of it', (t) => holds(t, fc.property(stream, lengths, (bytes, lengths) => {
  // A comment behind it: a carriage return at the very end may be half of a line's end, so it is not judged before more is there.
  const whole = Buffer.concat([bytes, Buffer.from(':')])
  return isDeepStrictEqual(parse(chunksOf(whole, lengths)), interpret(whole))
}), 1_500))

const line = fc.string({ unit: fc.constantFrom('a', ' ', ':', '{', '"', 'é', '😀', '\u2028', '\ufeff', '\u0001'), maxLength: 8 })

t.test('events come as they were written', (t) => holds(t, fc.property(
  fc.array(fc.record({ event: line, id: line, data: fc.array(line, { minLength: 1, maxLength: 3 }) }), { maxLength: 6 }), fc.constantFrom('\n', '\r\n', '\r'), lengths,
  (written, end, lengths) => {
    const text = written.map(({ event, id, data }) => [`event: ${event}`, `id: ${id}`, ...data.map((one) => `data: ${one}`), '', ''].join(end)).join('')
    const told = written.map(({ event, id, data }) => ({ event: event || 'message', id, data: data.join('\n') }))
    return isDeepStrictEqual(parse(chunksOf(Buffer.from(`${text}:`), lengths)), told)
  }
), 500))
