/** The client's end of each transport: frames in a queue, so that a test waits for a frame and never for a time. */
import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'
import type { MseServer } from '../../lib/core/server.ts'
import { MemoryLink } from '../../lib/testing/memory-link.ts'

/** A client's end. */
export interface Wire {
  send (input: string | Uint8Array): void
  /** The next frame; null when the server has closed and nothing is left. */
  next (): Promise<string | null>
  /** The code with which the server closed. */
  readonly closed: Promise<number>
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
  const frames: string[] = []
  let wake = (): void => {}
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => {
      resolve(code)
      wake()
    })
  })
  socket.on('message', (data) => {
    frames.push(String(data))
    wake()
  })
  const next = async (): Promise<string | null> => {
    while (frames.length === 0 && socket.readyState !== socket.CLOSED) await new Promise<void>((resolve) => { wake = resolve })
    return frames.shift() ?? null
  }
  const wire = {
    socket,
    // A string is a text frame, bytes are a binary one.
    send: (input: string | Uint8Array) => socket.send(input),
    next,
    closed,
    stall: () => socket.pause(),
    leave: () => socket.terminate()
  }
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(wire))
    socket.on('error', reject)
  })
}
