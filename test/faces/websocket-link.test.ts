import t from 'tap'
import type { WebSocket } from 'ws'
import { closeReason } from '../../lib/protocol/close-codes.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { WebSocketLink } from '../../plugins/websocket-link.ts'

/** The kernel of a test machine takes more than the server ever holds: the socket is ours here. */
function openLink () {
  const did: string[] = []
  const written: Array<() => void> = []
  const stream = {
    writable: true,
    writableLength: 0,
    write (_text: string, _encoding: string, done: () => void) {
      did.push('write')
      written.push(done)
    }
  }
  const socket = { OPEN: 1, readyState: 1, bufferedAmount: 0, _socket: stream, once: () => {}, close: () => { did.push('close') } }
  const link = new WebSocketLink(socket as unknown as WebSocket, new FakeClock(), { closeTimeoutMs: 1_000, isResumable: true })
  return { link, socket, did, written }
}

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

t.test('tells of room when a control or a ping is all that waits behind the last text', async (t) => {
  const { link, socket, written } = openLink()
  let drained = 0
  link.onDrained = () => { drained++ }
  link.send('x'.repeat(70_000))
  t.ok(link.bufferedBytes > 70_000, 'what waits for the end of the turn counts')
  await turn()
  socket.bufferedAmount = 40_000
  written[0]?.()
  t.equal(drained, 0, 'not while a lot waits')
  socket.bufferedAmount = 40
  written[0]?.()
  t.equal(drained, 1, 'a ping waits')
  link.control('ack', { received: 1 })
  await turn()
  socket.bufferedAmount = 0
  written[1]?.()
  t.equal(drained, 2, 'the control has left')
})

t.test('writes what it has before it closes', async (t) => {
  const { link, did } = openLink()
  link.send('last words')
  link.close(closeReason('ended'))
  t.strictSame(did, ['write', 'close'])
  link.send('afterthought')
  await turn()
  t.strictSame(did, ['write', 'close'], 'and nothing after it')
})
