import t from 'tap'
import { EventStreamParser, type StreamedEvent } from '../../lib/client/transports/event-stream.ts'

const utf8 = new TextEncoder()

/** What is told of a stream that comes in these pieces. */
function parse (...chunks: Array<string | Uint8Array>): StreamedEvent[] {
  const events: StreamedEvent[] = []
  const parser = new EventStreamParser((event) => { events.push(event) })
  for (const chunk of chunks) parser.push(typeof chunk === 'string' ? utf8.encode(chunk) : chunk)
  return events
}

const STREAM = ': hello\nevent: open\nid: abcdefgh.7\ndata: {"resumed":true}\n\nid: abcdefgh.8\ndata: {"text":"häß€😀"}\n\nevent: ping\ndata: {}\n\ndata: one\ndata:\ndata:  two\n\n'
const TOLD: StreamedEvent[] = [
  { event: 'open', id: 'abcdefgh.7', data: '{"resumed":true}' },
  { event: 'message', id: 'abcdefgh.8', data: '{"text":"häß€😀"}' },
  { event: 'ping', id: 'abcdefgh.8', data: '{}' },
  { event: 'message', id: 'abcdefgh.8', data: 'one\n\n two' }
]

const ENDS: Array<[string, string]> = [['LF', '\n'], ['CRLF', '\r\n']]
for (const [name, end] of ENDS) {
  const bytes = utf8.encode(STREAM.replaceAll('\n', end))
  const cuts = Array.from({ length: bytes.length + 1 }, (_, cut) => cut)

  t.test(`a stream with ${name} is told the same wherever it is cut in two`, async (t) => {
    t.strictSame(cuts.filter((cut) => JSON.stringify(parse(bytes.subarray(0, cut), bytes.subarray(cut))) !== JSON.stringify(TOLD)), [])
  })

  t.test(`a stream with ${name} is told the same byte by byte, with empty pieces between`, async (t) => {
    t.strictSame(parse(...cuts.flatMap((cut) => [bytes.subarray(cut, cut + 1), new Uint8Array()])), TOLD)
  })
}

t.test('a carriage return alone ends a line, too, as soon as it is clear that it is alone', async (t) => {
  const bytes = utf8.encode(STREAM.replaceAll('\n', '\r') + ':')
  t.strictSame(parse(bytes), TOLD)
  t.strictSame(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte))), TOLD)
})

t.test('an event is told when its last byte is there, not later', async (t) => {
  t.strictSame(parse('data: a\n\n').length, 1)
  t.strictSame(parse('data: a\r\n\r\n').length, 1)
})

t.test('a byte order mark at the beginning is no part of the stream, and one later is', async (t) => {
  t.strictSame(parse('\uFEFFdata: a\n\n'), [{ event: 'message', id: '', data: 'a' }])
  t.strictSame(parse('\uFEFFevent: open\ndata: \uFEFFa\n\n'), [{ event: 'open', id: '', data: '\uFEFFa' }])
  t.strictSame(parse(Uint8Array.of(0xef), Uint8Array.of(0xbb), Uint8Array.of(0xbf), 'data: a\n\n'), [{ event: 'message', id: '', data: 'a' }])
})

t.test('comments, unknown fields and what has no data are not told', async (t) => {
  t.strictSame(parse(':\n\n: a: b\n\nretry: 5\n\nevent: nothing\n\nwhatever\n\n\n\ndata: a\n\n'), [{ event: 'message', id: '', data: 'a' }])
})

t.test('a field without a colon has an empty value', async (t) => {
  t.strictSame(parse('id: 1\ndata\n\nid\ndata: a\n\n'), [{ event: 'message', id: '1', data: '' }, { event: 'message', id: '', data: 'a' }])
})

t.test('an id with a null character is no id', async (t) => {
  t.strictSame(parse('id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n').map(({ id }) => id), ['1', '1'])
})

t.test('the name of an event is its own, its id goes on', async (t) => {
  t.strictSame(parse('event: x\nid: 5\ndata: a\n\ndata: b\n\n'), [{ event: 'x', id: '5', data: 'a' }, { event: 'message', id: '5', data: 'b' }])
})

t.test('what the end of the stream cuts off is not told', async (t) => {
  t.strictSame(parse('data: a\n\ndata: b\n'), [{ event: 'message', id: '', data: 'a' }])
})

t.test('bytes that are not UTF-8 are replaced, and the rest goes on', async (t) => {
  t.strictSame(parse('data: a', Uint8Array.of(0xff), 'b\n\ndata: c\n\n').map(({ data }) => data), ['a\uFFFDb', 'c'])
})
