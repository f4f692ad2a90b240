import type { FaceClient, Frame } from './face-client.ts'
import { Poster } from './face-client-post.ts'

interface ServerEvent { readonly event: string, readonly id: string, readonly data: string }
interface Polled { readonly id: string, readonly message: Frame | Frame[], readonly reset?: string }

/** Carries the session over one stream of events, with POST beside it; resolves when the stream is gone. */
export async function runEvents (client: FaceClient): Promise<void> {
  const poster = new Poster(client)
  const stream = new AbortController()
  const stop = (): void => stream.abort()
  client.stopping.addEventListener('abort', stop)
  try {
    const response = await get(client, 'text/event-stream', stream.signal)
    for await (const event of eventsOf(response)) take(client, poster, event)
  } catch {
    // The stream is gone, one way or another.
  } finally {
    stream.abort()
    client.stopping.removeEventListener('abort', stop)
    poster.stop()
  }
}

/** Carries the session over polls, with POST beside them; resolves when one fails. */
export async function runPoll (client: FaceClient): Promise<void> {
  const poster = new Poster(client)
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  client.stopping.addEventListener('abort', abort)
  client.wake = () => poster.pump()
  poster.pump()
  try {
    for (;;) {
      const response = await get(client, 'application/json', stop.signal)
      const text = await response.text()
      client.settle(Number(response.headers.get('mse-received')))
      for (const { id, message, reset } of text === '' ? [] : JSON.parse(text) as Polled[]) {
        if (reset !== undefined) return client.options.onFault(`reset: ${reset}`)
        client.take(message, numberOf(id))
      }
    }
  } catch {
    // The poll is gone.
  } finally {
    client.stopping.removeEventListener('abort', abort)
    poster.stop()
  }
}

async function get (client: FaceClient, accept: string, signal: AbortSignal): Promise<Response> {
  const headers = { accept, 'mse-session': client.session, 'last-event-id': `${client.epoch}.${client.received}` }
  const response = await fetch(client.options.url, { headers, signal })
  if (response.status !== 200 && response.status !== 204) client.options.onFault(`a GET was answered with ${response.status}`)
  return response
}

function take (client: FaceClient, poster: Poster, { event, id, data }: ServerEvent): void {
  if (event === 'reset') client.options.onFault(`reset: ${data}`)
  if (event === 'message') client.take(JSON.parse(data) as Frame | Frame[], numberOf(id))
  if (event !== 'open') return
  client.settle((JSON.parse(data) as { received: number }).received)
  client.wake = () => poster.pump()
  poster.pump()
}

function numberOf (id: string): number {
  return Number(id.slice(id.lastIndexOf('.') + 1))
}

/** The events of a stream, as far as this server writes them: one line each of `event`, `id` and `data`. */
async function * eventsOf (response: Response): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body ?? []) {
    const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) yield eventOf(part)
  }
}

function eventOf (text: string): ServerEvent {
  const fields = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(': ') + 2)]))
  return { event: fields.get('event') ?? 'message', id: fields.get('id') ?? '', data: fields.get('data') ?? '' }
}
