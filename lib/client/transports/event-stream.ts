/** One event of a `text/event-stream`. */
export interface StreamedEvent {
  /** `message` unless the stream names it. */
  readonly event: string
  /** The position of the last event that had one. */
  readonly id: string
  readonly data: string
}

/**
 * Reads a `text/event-stream`, in whatever pieces it comes. As the standard has it: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 * An event that the end of the stream cuts off is not told.
 */
export class EventStreamParser {
  readonly #onEvent: (event: StreamedEvent) => void
  readonly #decoder = new TextDecoder()
  #rest = ''
  #event = ''
  #id = ''
  #data: string[] = []

  constructor (onEvent: (event: StreamedEvent) => void) {
    this.#onEvent = onEvent
  }

  push (chunk: Uint8Array): void {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true })
    // A carriage return at the very end may be half of a line's end.
    const end = text.endsWith('\r') ? -1 : text.length
    const lines = text.slice(0, end).split(/\r\n|\r|\n/)
    this.#rest = (lines.pop() ?? '') + (end === -1 ? '\r' : '')
    for (const line of lines) this.#line(line)
  }

  #line (line: string): void {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
  }

  #dispatch (): void {
    const event = this.#event || 'message'
    const data = this.#data
    this.#event = ''
    this.#data = []
    if (data.length > 0) this.#onEvent({ event, id: this.#id, data: data.join('\n') })
  }
}
