import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { sendDatagram } from '../../../lib/media/werift/datagrams.ts'

type Connection = Parameters<typeof sendDatagram>[0]
type State = Connection['state']

const PIECES = [Buffer.from('one '), Buffer.from('datagram')]

async function bound (t: Test): Promise<Socket> {
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** What werift has when it has chosen a pair, as far as sending goes. */
function connection ({ from, to, type = 'stun', state = 'connected', closed = false }: { from: Socket, to: Socket, type?: string, state?: State, closed?: boolean }) {
  const sent: Buffer[] = []
  const remoteCandidate = { host: '127.0.0.1', port: to.address().port }
  const ice = { state, nominated: { protocol: { type, transport: { socket: from, closed } }, remoteCandidate }, send: async (data: Buffer) => { sent.push(data) } }
  return { ice: ice as unknown as Connection, sent }
}

t.test('sends the pieces as one datagram from the socket of the chosen pair', async (t) => {
  const [from, to] = [await bound(t), await bound(t)]
  const { ice, sent } = connection({ from, to })
  const arrived = once(to, 'message')
  sendDatagram(ice, PIECES)
  const [data, { port }] = await arrived as [Buffer, { port: number }]
  t.equal(data.toString(), 'one datagram')
  t.equal(port, from.address().port)
  t.strictSame(sent, [], 'werift has sent nothing beside it')
})

t.test('leaves to werift what goes through TURN', async (t) => {
  const [from, to] = [await bound(t), await bound(t)]
  const { ice, sent } = connection({ from, to, type: 'turn' })
  sendDatagram(ice, PIECES)
  t.strictSame(sent.map(String), ['one datagram'])
})

t.test('sends nothing without a pair, without consent, and on a closed socket', async (t) => {
  const [from, to] = [await bound(t), await bound(t)]
  const heard: string[] = []
  to.on('message', (data) => heard.push(data.toString()))
  const refused = [
    connection({ from, to, state: 'failed' }), connection({ from, to, state: 'closed' }), connection({ from, to, closed: true }),
    connection({ from, to, state: 'failed', type: 'turn' })
  ]
  for (const { ice } of refused) sendDatagram(ice, PIECES)
  sendDatagram({ state: 'new', nominated: undefined } as unknown as Connection, PIECES)
  // What is sent after them on the same way arrives after them.
  const last = once(to, 'message')
  from.send('last', to.address().port, '127.0.0.1')
  await last
  t.strictSame(heard, ['last'])
  t.strictSame(refused.flatMap(({ sent }) => sent), [])
})

t.test('a socket that has gone loses the packet and nothing else', async (t) => {
  const [from, to] = [createSocket('udp4'), await bound(t)]
  from.bind(0, '127.0.0.1')
  await once(from, 'listening')
  const { ice } = connection({ from, to })
  from.close()
  t.doesNotThrow(() => sendDatagram(ice, PIECES))
})
