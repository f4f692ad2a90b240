import { WebSocket } from 'ws'
import type { FaceClient, Frame } from './face-client.ts'
import { Poster } from './face-client-post.ts'

/** The client acknowledges every so many messages. */
const ACK_EVERY = 8
const RESUME_ID = 'resume'

/** Carries the session over one WebSocket; resolves when it is gone. */
export function runWebSocket (client: FaceClient): Promise<void> {
  const socket = new WebSocket(client.options.url.replace('http', 'ws'), ['mse.v1.resume'])
  const replays = new Poster(client, { onlyReplays: true })
  let sent = -1
  let acknowledged = client.received
  const pump = (): void => {
    replays.pump()
    for (const { n, text } of sent < 0 ? [] : client.outgoing.after(sent)) {
      socket.send(text)
      sent = n
    }
  }
  const resumed = ({ result }: Frame): void => {
    const { resumed, received, reason } = (result ?? {}) as { resumed?: boolean, received?: number, reason?: string }
    if (resumed !== true || received === undefined) return client.options.onFault(`not resumed: ${reason}`)
    client.settle(received)
    sent = received
    pump()
  }
  const take = (frame: Frame | Frame[]): void => {
    if (!Array.isArray(frame) && frame.method?.startsWith('$/')) {
      if (frame.method === '$/ack') client.settle(frame.params?.received as number)
      return
    }
    client.take(frame)
    if (client.received - acknowledged < ACK_EVERY) return
    acknowledged = client.received
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: null, method: '$/ack', params: { received: acknowledged } }))
  }
  const stop = (): void => socket.terminate()
  client.stopping.addEventListener('abort', stop)
  return new Promise((resolve) => {
    socket.on('error', () => {})
    socket.on('open', () => {
      const params = { session: client.session, epoch: client.epoch, received: client.received }
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: RESUME_ID, method: '$/resume', params }))
    })
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame
      if (frame.id === RESUME_ID) resumed(frame)
      else take(frame)
    })
    socket.on('close', () => {
      client.stopping.removeEventListener('abort', stop)
      replays.stop()
      resolve()
    })
    client.wake = pump
  })
}
