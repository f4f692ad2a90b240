/** The client's end of each transport that is a link by itself; those that are made of requests are in `wires-http.ts`. */
import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'
import type { MseServer } from '../../lib/core/server.ts'
import { MemoryLink } from '../../lib/testing/memory-link.ts'
import { Frames } from './frames.ts'

/** A client's end. */
export interface Wire {
  send (input: string | Uint8Array): void
  /** The next frame; null when the server has closed and nothing is left. */
  next (): Promise<string | null>
  /** The code with which the server closed. */
  readonly closed: Promise<number>
  /** What the client is told when the server closes with this code. @default the code itself */
  codeOf? (code: number): number
  /** The client reads nothing any more. */
  stall (): void
  /** The client goes without a word. */
  leave (): void
}

/** A client without a socket. */
export function memoryWire (server: MseServer, address: string): Wire {
  const link = new MemoryLink()
  const closed = new Promise<number>((resolve) => {
    const close = link.close.bind(link)
    link.close = (reason) => {
      close(reason)
      resolve(reason.code)
    }
  })
  const session = server.open(link, address)
  return {
    send: (input) => session.receive(input),
    next: () => link.next(),
    closed,
    stall: () => { link.bufferedBytes = Infinity },
    leave: () => session.detach(link, { code: 1006, text: '' })
  }
}

/** A client on a real socket; resolves when the handshake is done. */
export function websocketWire (url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<Wire & { readonly socket: WebSocket }> {
  const socket = new WebSocket(url, protocols, options)
  const frames = new Frames()
  socket.on('close', (code) => frames.close(code))
  socket.on('message', (data) => frames.push(String(data)))
  const wire = {
    socket,
    // A string is a text frame, bytes are a binary one.
    send: (input: string | Uint8Array) => socket.send(input),
    next: () => frames.next(),
    closed: frames.closed,
    stall: () => socket.pause(),
    leave: () => socket.terminate()
  }
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(wire))
    socket.on('error', reject)
  })
}

/** The same with the subprotocol that can resume; what the two ends say about the link is not for the tests of messages. */
export async function resumeWire (url: string): Promise<Wire> {
  const wire = await websocketWire(url, ['mse.v1.resume'])
  const next = async (): Promise<string | null> => {
    for (;;) {
      const text = await wire.next()
      if (text === null || !isControl(text)) return text
    }
  }
  return { ...wire, next }
}

function isControl (text: string): boolean {
  const { method } = JSON.parse(text) as { method?: unknown }
  return typeof method === 'string' && method.startsWith('$/')
}
