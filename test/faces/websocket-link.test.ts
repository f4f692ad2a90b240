import t from 'tap'
import type { WebSocket } from 'ws'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { WebSocketLink } from '../../plugins/websocket-link.ts'

t.test('tells of room when a control or a ping is all that waits behind the last text', async (t) => {
  const written: Array<() => void> = []
  // The kernel of a test machine takes more than the server ever holds: the socket is ours here.
  const socket = { OPEN: 1, readyState: 1, bufferedAmount: 0, send: (_text: string, done: () => void) => { written.push(done) } }
  const link = new WebSocketLink(socket as unknown as WebSocket, new FakeClock(), { closeTimeoutMs: 1_000, isResumable: true })
  let drained = 0
  link.onDrained = () => { drained++ }
  link.send('x'.repeat(70_000))
  socket.bufferedAmount = 40_000
  written[0]?.()
  t.equal(drained, 0, 'not while a lot waits')
  socket.bufferedAmount = 40
  written[0]?.()
  t.equal(drained, 1, 'a ping waits')
  link.control('ack', { received: 1 })
  socket.bufferedAmount = 0
  written[1]?.()
  t.equal(drained, 2, 'the control has left')
})
